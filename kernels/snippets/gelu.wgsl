// GELU in its tanh form and its derivative, for a Vector.
//   gelu(v) = v / (1 + exp(-2 u)),   u = sqrt(2/pi) (v + 0.044715 v^3);   equal to 0.5 v (1 + tanh(u))
// Beyond |v| = 10 the factor of v is 0 or 1 to all digits: bounding v there keeps exp finite.
// NaN stays NaN in gelu.
// Needs: vector_4 or vector_1. Reference: activation_reference.ts
// Paper: Hendrycks, Gimpel, "Gaussian Error Linear Units" (2016), https://arxiv.org/abs/1606.08415
const GELU_SCALE = 1.5957691216057308; // 2 sqrt(2/pi)
const GELU_CUBIC = 0.044715;

fn gelu_factor(bounded: Vector) -> Vector {
  return 1.0 / (1.0 + exp(-GELU_SCALE * (bounded + GELU_CUBIC * bounded * bounded * bounded)));
}

fn gelu(v: Vector) -> Vector {
  return v * gelu_factor(clamp(v, Vector(-10.0), Vector(10.0)));
}

fn gelu_derivative(v: Vector) -> Vector {
  let bounded = clamp(v, Vector(-10.0), Vector(10.0));
  let factor = gelu_factor(bounded);
  let slope = GELU_SCALE * (1.0 + 3.0 * GELU_CUBIC * bounded * bounded);
  return factor * (1.0 + bounded * (1.0 - factor) * slope);
}
