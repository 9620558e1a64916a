"""The peers of `swae bench ratio`: SZ3, ZFP and SPERR at guaranteed absolute bounds, on the same variables.

    python bench/peers.py FILE... [--bounds 1e-2,1e-3,1e-4,1e-5,1e-6] [--mode range|block] [--json OUTPUT]

Takes every float dataset of three axes or more; the last three are an octant's (or a volume's). The bound is absolute: a fraction
of the range of the variable's finite values, or (--mode block) of each octant's own: its octants are then scaled by powers of two,
which is exact, at a byte per octant, and constant octants go in as zeros at one value each. Every value is checked after decoding.
Bytes are those of the dataset's one chunk in an HDF5 file in memory, in the file's own float type. Each compressor gets every
layout that it accepts, and "per variable" counts its smallest for each variable and bound, which is the fairest to it:

    4-D   [N,a,b,c]                     3-D   [N·a,b,c]                     2-D   [N,a·b·c], SPERR only (it has no 4-D)
    2×2   octants in a column of 2×2    cube  octants in about a cube (both padded with copies of the last octant)

ZFP stays well within its tolerance, so it is also asked for two and four times the bound: counted where no value exceeds the bound.
Violations of the others (SPERR's, in float32) are shown, and counted in their favour. Constant variables are left out.

Needs Python 3.10, h5py, numpy and hdf5plugin (pip install h5py numpy hdf5plugin), whose SZ3 is 3.1. With pysz installed as well,
its SZ3 runs too (pysz 1.1: SZ3 3.4; pysz 1.0: SZ3 3.3), with each of its algorithms.
"""

import argparse
import json
import time
from collections import defaultdict

import h5py
import hdf5plugin
import numpy as np

try:
    import pysz
except ImportError:
    pysz = None


def tiled(side):
    """Octants side by side in a column of side × side, and back."""

    def forth(x):
        layers = -(-len(x) // side**2)
        x = np.pad(x, [(0, layers * side**2 - len(x))] + [(0, 0)] * 3, mode="edge")
        a, b, c = x.shape[1:]
        x = x.reshape(layers, side, side, a, b, c).transpose(0, 3, 1, 4, 2, 5)
        return np.ascontiguousarray(x).reshape(layers * a, side * b, side * c)

    def back(y, shape):
        n, a, b, c = shape
        y = y.reshape(-1, a, side, b, side, c).transpose(0, 2, 4, 1, 3, 5)
        return y.reshape(-1, a, b, c)[:n]

    return forth, back


def flat(shape_of):
    return lambda x: x.reshape(shape_of(x.shape)), lambda y, shape: y.reshape(shape)


def layouts(count):
    result = {"3-D": flat(lambda s: (s[0] * s[1], s[2], s[3]))}
    if count > 1:
        result["4-D"] = flat(lambda s: s)
        result["2-D"] = flat(lambda s: (s[0], s[1] * s[2] * s[3]))
        result["2×2"] = tiled(2)
        result["cube"] = tiled(max(3, round(count ** (1 / 3))))
    return result


def through_hdf5(make_filter):
    def run(x, bound):
        # Without a chunk cache: it would hand the values back as they were written.
        with h5py.File("peers", "w", driver="core", backing_store=False, rdcc_nbytes=0) as file:
            started = time.perf_counter()
            dataset = file.create_dataset("x", data=x, chunks=x.shape, compression=make_filter(bound))
            file.flush()
            seconds = time.perf_counter() - started
            if dataset.id.get_chunk_info(0).filter_mask:
                raise ValueError("stored without the filter")
            return dataset.id.get_storage_size(), seconds, dataset[...]

    return run


def through_pysz(algorithm):
    def run(x, bound):
        config = pysz.szConfig(x.shape)
        config.errorBoundMode = pysz.szErrorBoundMode.ABS
        config.absErrorBound = bound
        config.cmprAlgo = algorithm
        started = time.perf_counter()
        stored, _ = pysz.sz.compress(x.copy(), config)
        seconds = time.perf_counter() - started
        return stored.nbytes, seconds, pysz.sz.decompress(stored, x.dtype, x.shape)[0]

    return run


def compressors():
    """Compressor to variant to (run, layouts, the tolerance asked for in bounds)."""
    volumes = ("4-D", "3-D", "2×2", "cube")
    result = {
        "SZ3": {"": (through_hdf5(lambda bound: hdf5plugin.SZ3(absolute=bound)), volumes, 1)},
        "ZFP": {
            f" asked {asked}×" if asked > 1 else "": (through_hdf5(lambda bound: hdf5plugin.Zfp(accuracy=bound)), volumes, asked)
            for asked in (1, 2, 4)
        },
        # Its first axis is the fastest unless swapped.
        "SPERR": {"": (through_hdf5(lambda bound: hdf5plugin.Sperr(absolute=bound, swap=True)), ("3-D", "2-D", "2×2", "cube"), 1)},
    }
    if pysz:
        algorithms = {"": "INTERP_LORENZO", " interpolation": "INTERP", " Lorenzo": "LORENZO_REG"}
        # Its version follows four magic bytes, the least significant part first.
        version = pysz.sz.compress(np.zeros(4096), pysz.szConfig(4096))[0][4:8]
        result[f"SZ3 {version[3]}.{version[2]}"] = {
            suffix: (through_pysz(getattr(pysz.szAlgorithm, name)), volumes, 1) for suffix, name in algorithms.items()
        }
    return result


def octants(dataset):
    x = dataset[...]
    return x.reshape(-1, *x.shape[-3:])


def float_variables(file):
    names = []
    file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return [name for name in names if file[name].dtype.kind == "f" and file[name].ndim >= 3]


def prepare(x, mode):
    """What to compress, the range that the bound is a fraction of, and the bytes beside it."""
    finite = np.where(np.isfinite(x), x, np.nan).astype(np.float64)
    if mode == "range":
        return x, np.nanmax(finite) - np.nanmin(finite), 0
    ranges = np.nanmax(finite, (1, 2, 3)) - np.nanmin(finite, (1, 2, 3))
    constant = ranges == 0
    scale = np.exp2(np.floor(np.log2(np.where(constant, 1, ranges))))[:, None, None, None]
    scaled = np.where(constant[:, None, None, None], 0, x / scale).astype(x.dtype)
    return scaled, 1.0, len(x) + int(constant.sum()) * x.itemsize


def measure(x, bound, run, layout, asked=1):
    forth, back = layout
    stored, seconds, decoded = run(forth(x), asked * bound)
    error = np.abs(back(decoded, x.shape).astype(np.float64) - x.astype(np.float64))
    violations = int(np.count_nonzero(~(error <= bound) & np.isfinite(x)))
    if violations and asked > 1:
        raise ValueError("asked for more than the bound, and got it")
    return {
        "bytes": int(stored),
        "violations": violations,
        "worst": float(np.nanmax(error) / bound),
        "seconds": seconds,
    }


def variable_results(x, bounds, mode):
    """{bound: {compressor: {layout: measurement}}}, or None where the variable is constant."""
    prepared, extent, beside = prepare(x, mode)
    if not extent > 0 or not np.any(prepared):
        return None
    results = {}
    for bound in bounds:
        results[bound] = {}
        for compressor, variants in compressors().items():
            found = results[bound][compressor] = {}
            for suffix, (run, accepted, asked) in variants.items():
                for name, layout in layouts(len(x)).items():
                    if name not in accepted:
                        continue
                    try:
                        found[name + suffix] = measure(prepared, float(bound) * extent, run, layout, asked)
                        found[name + suffix]["bytes"] += beside
                    except (ValueError, RuntimeError, OSError):
                        pass  # This compressor does not take this layout, or exceeded the bound.
    return results


def summarise(entries, raw):
    """{bound: {compressor: totals}} over (bound, compressor, {layout: measurement})."""
    total = {}
    grouped = defaultdict(list)
    for bound, compressor, measured in entries:
        grouped[bound, compressor].append(measured)
    for (bound, compressor), measured in grouped.items():
        common = set.intersection(*(set(one) for one in measured))
        by_layout = {layout: sum(one[layout]["bytes"] for one in measured) for layout in sorted(common)}
        best = [min(one.values(), key=lambda m: m["bytes"]) for one in measured]
        layout = min(by_layout, key=by_layout.get)
        total.setdefault(bound, {})[compressor] = {
            "bytes": sum(m["bytes"] for m in best),
            "ratio": raw / sum(m["bytes"] for m in best),
            "layout": layout,
            "layout_ratio": raw / by_layout[layout],
            "violations": sum(m["violations"] for m in best),
            "worst": max(m["worst"] for m in best),
            "MB/s": raw / 1e6 / sum(one[layout]["seconds"] for one in measured),
        }
        total[bound][compressor]["layouts"] = {name: raw / size for name, size in by_layout.items()}
    return total


def print_table(total):
    print(f"{'bound':7} {'':8} {'per variable':>12} {'one layout':>10}  {'':19} {'MB/s':>6} {'violations':>10} {'worst/bound':>11}")
    for bound, row in total.items():
        for compressor, t in row.items():
            print(
                f"{bound:7} {compressor:8} {t['ratio']:12.2f} {t['layout_ratio']:10.2f}  {t['layout']:19} {t['MB/s']:6.0f}"
                f" {t['violations']:10} {t['worst']:11.6f}"
            )
    print("\nRatio of each layout over all variables:")
    for bound, row in total.items():
        for compressor, t in row.items():
            print(f"{bound:7} {compressor:8} " + ", ".join(f"{name} {ratio:.2f}" for name, ratio in t["layouts"].items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--bounds", default="1e-2,1e-3,1e-4,1e-5,1e-6")
    parser.add_argument("--mode", choices=["range", "block"], default="range")
    parser.add_argument("--json", metavar="OUTPUT", help="where to write {file: {variable: {bound: {compressor: {layout: bytes}}}}, total}")
    options = parser.parse_args()
    bounds = options.bounds.split(",")

    entries, raw, constant, sizes = [], 0, [], {}
    for path in options.files:
        with h5py.File(path) as file:
            for variable in float_variables(file):
                x = octants(file[variable])
                results = variable_results(x, bounds, options.mode)
                if results is None:
                    constant.append(f"{path}:{variable}")
                    continue
                raw += x.nbytes
                by_bound = sizes.setdefault(path, {}).setdefault(variable, {})
                for bound, row in results.items():
                    by_bound[bound] = {c: {name: m["bytes"] for name, m in measured.items()} for c, measured in row.items()}
                    entries += [(bound, compressor, measured) for compressor, measured in row.items()]
    total = summarise(entries, raw)
    print(f"{', '.join(options.files)}: {raw:,} bytes, bound × {options.mode}, left out as constant: {', '.join(constant) or 'none'}\n")
    print_table(total)
    if options.json:
        with open(options.json, "w") as output:
            json.dump({**sizes, "constant": constant, "total": {"raw": raw, **total}}, output, indent=1)


main()
