// Prints the name of the WebGPU adapter; exit status 1 where none answers. The launcher runs it before anything of
// sheepop is loaded, with and without DENO_WEBGPU_BACKEND=vulkan, to see whether a driver has to be installed.

// deno-lint-ignore sheepop/gpu-in-kernels
const adapter = await navigator.gpu?.requestAdapter();
if (!adapter) Deno.exit(1);
console.log(adapter.info.description || adapter.info.vendor || "unnamed adapter");
