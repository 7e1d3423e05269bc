/** How `hivegrad export` is called. What it does is loaded when it is asked for. */

import { Command } from 'commander';
import type { ExportFlags } from '../export.ts';

export function exportCommand(): Command {
  return new Command('export')
    .summary('write a trained network for other programs')
    .description(
      "Writes the weights of a run's newest checkpoint, or of one checkpoint file, as safetensors (PyTorch), npz " +
        '(NumPy), onnx (onnxruntime and others) or json.',
    )
    .argument('<run>', 'run directory, or a checkpoint inside one')
    .option('--format <format>', 'which of these (default: by the extension of --out)')
    .option('--out <file>', 'where to write (default: <name of the run>.<format> here)')
    .option('--force', 'replace the file that is there')
    .addHelpText(
      'after',
      `
Examples:
  hivegrad export runs/mnist --format onnx
  hivegrad export runs/mnist --format npz --out weights/mnist.npz
  hivegrad export runs/mnist/checkpoints/step-9380.safetensors --format safetensors`,
    )
    .action(async (path: string, flags: ExportFlags) =>
      (await import('../export.ts')).exportRun(path, flags),
    );
}
