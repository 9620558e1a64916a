"""The networks of swae in PyTorch, for `swae bench encode|decode|train --python PYTHON`, which asks for one turn after another: a line of
JSON each way. Needs torch (pip install torch). It has what makes PyTorch fast here: inference mode, fused Adam, tensors made beforehand."""

import json
import sys
import time

import torch
from torch import nn

DIRECTIONS, DIVERGENCE_WEIGHT = 50, 1e-4
STRAIGHT_BELOW, GAIN = 0.1, 4.0


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
SPACE = (1, 2, 3, 4)


def normalise(blocks):
    """pos_log, as src/models/normalise.ts has it."""
    least = blocks.amin(SPACE, keepdim=True)
    width = blocks.amax(SPACE, keepdim=True) - least
    steepness = width / torch.where(least > 0, least, width)
    t = (blocks - least) / width
    u = torch.where(steepness < STRAIGHT_BELOW, t, torch.log1p(steepness * t) / torch.log1p(steepness))
    return (u - 0.5) * GAIN, (least, width, steepness)


def denormalise(values, scale):
    least, width, steepness = scale
    u = values / GAIN + 0.5
    t = torch.where(steepness < STRAIGHT_BELOW, u, torch.expm1(u * torch.log1p(steepness)) / steepness)
    return least + width * t.clamp(0, 1)


def coding(side, network, rows, k, latent, bare):
    """A run of encoder or decoder."""
    encoder, decoder = (part.eval() for part in network)
    blocks = torch.rand(rows, 1, k, k, k)
    latents, scale = torch.rand(rows, latent), normalise(blocks)[1]
    runs = {
        ("encode", True): lambda: encoder(blocks),
        ("encode", False): lambda: encoder(normalise(blocks)[0]),
        ("decode", True): lambda: decoder(latents),
        ("decode", False): lambda: denormalise(decoder(latents), scale),
    }
    run = runs[side, bare]

    def inferred():
        with torch.inference_mode():
            run()

    return inferred


def training(network, rows, k, latent):
    """A step: batch, loss with the sliced Wasserstein distance, gradients, Adam."""
    encoder, decoder = network
    data = torch.rand(rows, 1, k, k, k)
    order = torch.arange(rows)
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=1e-6, fused=True)

    def step():
        blocks = data[order]
        directions = nn.functional.normalize(torch.randn(DIRECTIONS, latent))
        prior = torch.randn(rows, latent)
        latents = encoder(blocks)
        projected, expected = ((directions @ points.T).sort(dim=1).values for points in (latents, prior))
        loss = (decoder(latents) - blocks).square().mean() + DIVERGENCE_WEIGHT * (projected - expected).square().mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    return step


def turn(run, rows, milliseconds, clock):
    started, runs = clock(), 0
    while True:
        run()
        runs += 1
        seconds = clock() - started
        if seconds * 1000 >= milliseconds:
            return runs * rows / seconds


def main():
    print(json.dumps({"version": torch.__version__}), flush=True)
    run, rows, clock = None, 0, time.perf_counter
    for line in sys.stdin:
        asked = json.loads(line)
        if "milliseconds" in asked:
            print(json.dumps({"rate": turn(run, rows, asked["milliseconds"], clock)}), flush=True)
            continue
        task, rows, k, latent = asked["task"], asked["rows"], asked["blockSize"], asked["latentSize"]
        torch.set_num_threads(asked["threads"])
        # As swae's side: the time of a thread alone is not disturbed by what else runs.
        clock = time.process_time if asked["threads"] == 1 else time.perf_counter
        network = NETWORKS[asked["name"]](k, latent)
        run = training(network, rows, k, latent) if task == "train" else coding(task, network, rows, k, latent, asked["bare"])
        print(json.dumps({"ready": True}), flush=True)


main()
