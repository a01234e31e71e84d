// Counts what a framework submits to WebGPU, by standing between it and the queue.

/** Starts counting. @returns the count so far */
export function countSubmits(): () => number {
  let submits = 0;
  const { submit } = GPUQueue.prototype;
  GPUQueue.prototype.submit = function (commands): undefined {
    submits++;
    return submit.call(this, commands);
  };
  return () => submits;
}
