// Lowers calls as they would be lowered on another device, so that forms meant for real GPUs run on the test adapter:
// lanes through workgroup memory instead of subgroups, and several waves for one row.

import { Recorder } from "../../kernels/program/lowering.ts";
import type { Call, Pass } from "../../kernels/program/call.ts";
import type { Lowering } from "../../kernels/program/lowering.ts";

/** The calls with a lowering that sees a GPU without subgroups. */
export function withoutSubgroups(calls: readonly Call[]): Call[] {
  return calls.map((call) => ({ ...call, pass: passWithoutSubgroups(call.pass) }));
}

function passWithoutSubgroups(pass: Pass): Pass {
  return { ...pass, lower: (call, lowering) => pass.lower(call, loweringWithoutSubgroups(lowering)) };
}

function loweringWithoutSubgroups(lowering: Lowering): Lowering {
  const traits = { ...lowering.traits, isSoftware: false, subgroupSize: 0 };
  const { rowShape, lanesSnippet } = new Recorder({
    traits,
    family: "tile",
    parameterTexture: (_, make) => make().texture,
  });
  return {
    traits,
    family: "tile",
    rowShape,
    lanesSnippet,
    dispatch: (dispatch) => lowering.dispatch(dispatch),
    scratch: (name, shape, dtype) => lowering.scratch(name, shape, dtype),
    texture: (tensor) => lowering.texture(tensor),
    hasTexture: (tensor) => lowering.hasTexture(tensor),
    half: (tensor) => lowering.half(tensor),
    choose: (choice) => lowering.choose(choice),
    packed: (tensor) => lowering.packed(tensor),
    panels: (tensor, options) => lowering.panels(tensor, options),
  };
}
