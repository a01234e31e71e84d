// What changes from step to step; the fields and their order are those of program/step_control.ts.
struct StepControl {
  step: u32,
  seed: u32,
  first_sample: u32,
  loss_divisor: f32,
  learning_rate: f32,
}
struct TrainingState {
  applied_updates: u32,
  correction1: f32,
  correction2: f32,
  loss_scale: f32,
  good_steps: u32,
  skipped: u32,
  total_skipped: u32,
  grad_norm: f32,
  grad_scale: f32,
}
