export class NearDuplicates {
  constructor(_s: number) {}
  add(_id: number, _s: Uint32Array): { id: number; similarity: number } | undefined {
    return undefined;
  }
}
