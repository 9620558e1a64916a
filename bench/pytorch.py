"""The same networks in PyTorch, for comparison: python bench/pytorch.py [THREADS]. Needs torch (pip install torch); best of several rounds."""

import sys
import time

import torch
from torch import nn

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
ROUNDS = 5
torch.set_num_threads(THREADS)


class Crop(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size

    def forward(self, x):
        start = (x.shape[-1] - self.size) // 2
        cut = slice(start, start + self.size)
        return x[:, :, cut, cut, cut]


def mlp(k, latent):
    def chain(sizes):
        layers = []
        for inputs, outputs in zip(sizes, sizes[1:]):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        return layers[:-1]

    encoder = nn.Sequential(nn.Flatten(), *chain([k**3, 512, 256, latent]))
    decoder = nn.Sequential(*chain([latent, 256, 512, k**3]), nn.Unflatten(1, (1, k, k, k)))
    return encoder, decoder


def convolutional(channels, norm):
    def activation(count):
        return [nn.BatchNorm3d(count), nn.ReLU()] if norm else [nn.ReLU()]

    def make(k, latent):
        encoder, inputs = [], 1
        for i, outputs in enumerate(channels):
            stride = 2 if i in (1, 2) else 1
            encoder += [nn.Conv3d(inputs, outputs, 3, stride, 1, bias=not norm), *activation(outputs)]
            inputs = outputs
        encoder += [nn.Flatten(), nn.Linear(8 * inputs, latent)]
        decoder = [nn.Linear(latent, 8 * inputs), nn.Unflatten(1, (inputs, 2, 2, 2))]
        for outputs in (128, 64, 32):
            decoder += [nn.ConvTranspose3d(inputs, outputs, 2, 2, bias=not norm), *activation(outputs)]
            inputs = outputs
        decoder += [nn.ConvTranspose3d(inputs, 1, 2, 2), Crop(k)]
        return nn.Sequential(*encoder), nn.Sequential(*decoder)

    return make


NETWORKS = {
    "mlp": mlp,
    "conv": convolutional([32, 64, 128, 256], False),
    "conv-bn": convolutional([32, 64, 128, 128, 256, 256, 256, 256], True),
}


def blocks_per_second(rows, run):
    run()
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return rows / best


def main():
    print(f"PyTorch {torch.__version__}, {THREADS} thread(s)")
    for name, make in NETWORKS.items():
        for k in (5, 7):
            encoder, decoder = make(k, 16)
            blocks = torch.rand(256, 1, k, k, k)
            latents = torch.rand(256, 16)

            def step():
                loss = (decoder(encoder(blocks)) - blocks).square().mean()
                encoder.zero_grad(), decoder.zero_grad()
                loss.backward()

            rates = {"step": blocks_per_second(256, step)}
            encoder.eval(), decoder.eval()
            with torch.inference_mode():
                rates["encode"] = blocks_per_second(256, lambda: encoder(blocks))
                rates["decode"] = blocks_per_second(256, lambda: decoder(latents))
            for what, rate in rates.items():
                print(f"{name} {k}³ {what:7} {rate:12,.0f} blocks/s", flush=True)


main()
