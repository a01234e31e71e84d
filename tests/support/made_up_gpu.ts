// What a real GPU offers, for tests of what is decided by it without asking one.

import type { DeviceTraits } from "../../kernels/device/device.ts";

export const MADE_UP_GPU: DeviceTraits = {
  adapter: "Made-up Graphics 5000",
  isSoftware: false,
  subgroupSize: 32,
  hasTimestamps: true,
  hasF16: true,
  maxBindingBytes: 2 ** 31,
  maxBufferBytes: 2 ** 32,
  maxTextureRows: 16384,
  maxWorkgroupBytes: 49152,
  offsetAlignment: 256,
};
