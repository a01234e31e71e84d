// Key names of SheepOp's config.json that differ from ours: those with the same meaning are read as ours,
// those without a counterpart are refused with what to do instead. Equal names (model.d_model) need no entry.

/** SheepOp's name, and the key it is read as. */
export const KEY_ALIASES: Readonly<Record<string, string>> = {
  "device": "resources.device",
  "seed": "training.seed",
  "training.save_dir": "training.run_dir",
  "training.log_interval": "monitor.log_interval",
  "data.data_dir": "data.paths",
};

/** SheepOp's name, and what to do instead. */
export const REFUSED_KEYS: Readonly<Record<string, string>> = {
  "training.max_epochs":
    "runs are counted in optimizer steps; set training.max_steps, or give train --epochs",
  "training.use_amp": "numbers are float32; remove it",
  "model.use_optimized_attention": "the fastest kernels that fit are taken, see resources.tuning; remove it",
  "data.max_length": "sequences are as long as the context; set model.max_seq_len and remove it",
  "data.stride": "windows follow each other without overlap, shifted every epoch; remove it",
  "data.num_workers": "token files are read directly, without workers; remove it",
};
