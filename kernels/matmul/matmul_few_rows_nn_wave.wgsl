// Matrix product with few rows, as in decoding, for CPU adapters: y = x W, W in a texture.
//   C[m, n] = sum_k a[m, k] b[k, n]
// a [M, K] in Vectors of four along the row; b [K, N] as a texture of four columns a texel, zero beyond its edges; C goes
// through matmul_epilogue.wgsl. Workgroup (x, m) is one wave of 8 lanes and computes Vectors 8 x to 8 x + 7 of row m, one
// a lane. Each lane loads a different Vector of a; shuffles with literal lanes hand the 32 values round, which costs less
// than loading them eight times. K is a multiple of 4. Sums in f32, in order of k.
// Snippets: vector_4, gelu, matmul_epilogue. Reference: matmul_reference.ts
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var b: texture_storage_2d<rgba32float, read>;

@compute @workgroup_size(8)
fn matmul_few_rows_nn_wave(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let m = group.y;
  let n = group.x * 8u + local.x;
  let vectors = shape.K / 4u;
  var sum = vec4f();
  for (var k = 0u; k < shape.K; k += 32u) {
    var left = vec4f();
    if (k / 4u + local.x < vectors) { left = a[m * vectors + k / 4u + local.x]; }
    sum += subgroupShuffle(left.x, 0u) * textureLoad(b, vec2u(n, k + 0u));
    sum += subgroupShuffle(left.y, 0u) * textureLoad(b, vec2u(n, k + 1u));
    sum += subgroupShuffle(left.z, 0u) * textureLoad(b, vec2u(n, k + 2u));
    sum += subgroupShuffle(left.w, 0u) * textureLoad(b, vec2u(n, k + 3u));
    sum += subgroupShuffle(left.x, 1u) * textureLoad(b, vec2u(n, k + 4u));
    sum += subgroupShuffle(left.y, 1u) * textureLoad(b, vec2u(n, k + 5u));
    sum += subgroupShuffle(left.z, 1u) * textureLoad(b, vec2u(n, k + 6u));
    sum += subgroupShuffle(left.w, 1u) * textureLoad(b, vec2u(n, k + 7u));
    sum += subgroupShuffle(left.x, 2u) * textureLoad(b, vec2u(n, k + 8u));
    sum += subgroupShuffle(left.y, 2u) * textureLoad(b, vec2u(n, k + 9u));
    sum += subgroupShuffle(left.z, 2u) * textureLoad(b, vec2u(n, k + 10u));
    sum += subgroupShuffle(left.w, 2u) * textureLoad(b, vec2u(n, k + 11u));
    sum += subgroupShuffle(left.x, 3u) * textureLoad(b, vec2u(n, k + 12u));
    sum += subgroupShuffle(left.y, 3u) * textureLoad(b, vec2u(n, k + 13u));
    sum += subgroupShuffle(left.z, 3u) * textureLoad(b, vec2u(n, k + 14u));
    sum += subgroupShuffle(left.w, 3u) * textureLoad(b, vec2u(n, k + 15u));
    sum += subgroupShuffle(left.x, 4u) * textureLoad(b, vec2u(n, k + 16u));
    sum += subgroupShuffle(left.y, 4u) * textureLoad(b, vec2u(n, k + 17u));
    sum += subgroupShuffle(left.z, 4u) * textureLoad(b, vec2u(n, k + 18u));
    sum += subgroupShuffle(left.w, 4u) * textureLoad(b, vec2u(n, k + 19u));
    sum += subgroupShuffle(left.x, 5u) * textureLoad(b, vec2u(n, k + 20u));
    sum += subgroupShuffle(left.y, 5u) * textureLoad(b, vec2u(n, k + 21u));
    sum += subgroupShuffle(left.z, 5u) * textureLoad(b, vec2u(n, k + 22u));
    sum += subgroupShuffle(left.w, 5u) * textureLoad(b, vec2u(n, k + 23u));
    sum += subgroupShuffle(left.x, 6u) * textureLoad(b, vec2u(n, k + 24u));
    sum += subgroupShuffle(left.y, 6u) * textureLoad(b, vec2u(n, k + 25u));
    sum += subgroupShuffle(left.z, 6u) * textureLoad(b, vec2u(n, k + 26u));
    sum += subgroupShuffle(left.w, 6u) * textureLoad(b, vec2u(n, k + 27u));
    sum += subgroupShuffle(left.x, 7u) * textureLoad(b, vec2u(n, k + 28u));
    sum += subgroupShuffle(left.y, 7u) * textureLoad(b, vec2u(n, k + 29u));
    sum += subgroupShuffle(left.z, 7u) * textureLoad(b, vec2u(n, k + 30u));
    sum += subgroupShuffle(left.w, 7u) * textureLoad(b, vec2u(n, k + 31u));
  }
  store(0u, m, n, sum);
}
