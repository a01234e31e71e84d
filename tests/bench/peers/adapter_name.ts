// The adapter a WebGPU framework is given, in the words of its driver.

export async function adapterName(): Promise<string> {
  const adapter = await navigator.gpu.requestAdapter();
  return adapter?.info.description || adapter?.info.device || "unknown";
}
