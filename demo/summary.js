// The last words of the demo: node demo/summary.js RUN_FOLDER DEMO_FOLDER RANKS
import { readFileSync } from 'node:fs';

const [run, folder, ranks] = process.argv.slice(2);
const { dataBytes, copiedBytes, encodedBytes, ratio, seconds, variables } = JSON.parse(
  readFileSync(`${run}/summary.json`, 'utf8'),
);
const mega = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const stored = variables.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
const rated = variables.filter(({ psnr }) => psnr !== null).sort((a, b) => a.psnr - b.psnr);
const middle = rated[Math.floor(rated.length / 2)];
const worst = rated[0];

console.log(`
── Done
   ${mega(dataBytes + copiedBytes)} of octants became ${mega(encodedBytes)}: ${ratio.toFixed(1)} times smaller, every byte counted
   (latents and scales alone: ${(dataBytes / stored).toFixed(1)} times; a large run comes close, as it holds one decoder too),
   in ${seconds.toFixed(1)} s on ${ranks} rank(s).
   Error: PSNR ${middle.psnr.toFixed(0)} dB in the median variable, ${worst.psnr.toFixed(0)} dB in the worst (${worst.path.slice(1)}).

   encoded         ${run}/all_variables_encoded.h5
   reconstructed   ${run}/all_variables_reconstructed.h5      (the same values as the decompressed files)
   report          ${run}/report.html      (open it in a browser)
   decompressed    ${folder}/decompressed/
   trained model   ${folder}/model/

   Next, with your own data:
     ./launch.sh info ${run}/all_variables_encoded.h5
     ./launch.sh -n 4 compress YOUR_FOLDER --model-path save/swae_all_vars_7x7x7_mlp
     ./launch.sh -n 4 train YOUR_FOLDER --block-size 7       then compress with --model-path runs/swae_7x7x7_mlp
     ./launch.sh --help, ./launch.sh COMMAND --help, docs/cluster.md for sbatch
`);
