"""Reads `all_variables_encoded.h5`, from docs/format.md and docs/record.md alone.

    python docs/reader/archive.py ARCHIVE                        lists files and variables
    python docs/reader/archive.py ARCHIVE FILE VARIABLE OUT.npy  writes one variable as an array
    python docs/reader/archive.py ARCHIVE --all FOLDER           writes every variable of every file

Needs Python 3.9, h5py and NumPy; for archives of latents onnxruntime too. Every checksum of what is read is looked at.
"""

import json
import math
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np

from record import decode_record


class Archive:
    def __init__(self, path):
        self.file = h5py.File(path, "r")
        root = self.file.attrs
        if root.get("format") != "swae-archive" or root["format_version"] != 2:
            raise ValueError(f"{path}: not a swae archive of format 2")
        text = self.file["manifest"][0]
        if zlib.crc32(text) != root["manifest_crc32"]:
            raise ValueError(f"{path}: the manifest is damaged")
        self.manifest = json.loads(text)
        self.coding = root["coding"]
        self.sessions = {}

    def variable(self, file, variable):
        """The values of a variable, entries of the manifest both."""
        k, dtype, shape = variable["block_size"], variable["dtype"], variable["shape"]
        read = self.record_slabs if self.coding == "bounded" else self.latent_slabs
        blocks = list(read(file["path"] + variable["path"], variable["slabs"], k, dtype))
        return merge(np.concatenate(blocks) if blocks else np.empty((0, k, k, k), dtype), shape, k)

    def record_slabs(self, path, slabs, k, dtype):
        records, start = self.file["files/" + path], 0
        for slab in slabs:
            record = records[start : start + slab["bytes"]].tobytes()
            expect(path, slab, [record])
            yield decode_record(record, k, slab["blocks"], dtype)
            start += slab["bytes"]

    def latent_slabs(self, path, slabs, k, dtype):
        starts = dict.fromkeys(("blocks", "encoded", "constant", "exact"), 0)
        for slab in slabs:
            span = {name: slice(start, start + slab[name]) for name, start in starts.items()}
            counted = {"scale": "encoded", "code": "blocks", "constant": "constant", "exact": "exact"}
            part = {name: self.rows(f"{name}/{path}", span[count]) for name, count in counted.items()}
            code = np.zeros(slab["blocks"], np.uint8) if part["code"] is None else part["code"]
            planes = self.file["files/" + path][:, :, span["encoded"]]
            latent = np.ascontiguousarray(planes.transpose(2, 1, 0))
            given = [part[name] for name in ("scale", "constant", "exact")]
            expect(path, slab, [code.tobytes(), latent.tobytes(), *(b"" if rows is None else rows.tobytes() for rows in given)])
            yield self.blocks(code, latent, *given, k, dtype)
            starts = {name: where.stop for name, where in span.items()}

    def rows(self, path, span):
        return self.file[path][span] if path in self.file and span.stop > span.start else None

    def blocks(self, code, latent, scale, constant, exact, k, dtype):
        blocks = np.empty((len(code), k, k, k), dtype)
        if scale is not None:
            blocks[code == 0] = self.decode(latent, scale, dtype)
        if constant is not None:
            blocks[code == 1] = constant[:, None, None, None]
        if exact is not None:
            blocks[code == 2] = exact
        return blocks

    def decode(self, latent, scale, dtype):
        """In batches of 256, the last one filled up with zeros, as `swae` does: rounding may depend on the company."""
        types = {"float32": "<f4", "int8": "i1", "float8": "u1"}
        numbers = latent.view(types[self.file.attrs["latent_type"]])[..., 0]
        session, decoded = self.session(dtype), []
        for start in range(0, len(numbers), 256):
            count = min(256, len(numbers) - start)
            feeds = {}
            for name, rows in (("latent", numbers), ("scale", scale)):
                feeds[name] = np.zeros((256, *rows.shape[1:]), rows.dtype)
                feeds[name][:count] = rows[start : start + count]
            decoded.append(session.run(["blocks"], feeds)[0][:count])
        return np.concatenate(decoded)

    def session(self, dtype):
        import onnxruntime

        if dtype not in self.sessions:
            path = f"/model/decoder_{dtype}"
            model = self.file[path][:].tobytes()
            expect(path, next(entry for entry in self.manifest["model"] if entry["path"] == path), [model])
            options = onnxruntime.SessionOptions()
            options.add_session_config_entry("session.x64quantprecision", "1")  # no overflow on any processor
            self.sessions[dtype] = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return self.sessions[dtype]


def expect(path, entry, parts):
    if zlib.crc32(b"".join(parts)) != entry["crc32"]:
        raise ValueError(f"{path}: damaged, the checksum is another one")


def merge(blocks, shape, k):
    """Blocks in their order to an array; where they overlap, the later one holds."""
    *leading, nz, ny, nx = shape
    values = np.empty((math.prod(leading), nz, ny, nx), blocks.dtype)
    origins = [[max(0, min(t * k, n - k)) for t in range(-(-n // k))] for n in (nz, ny, nx)]
    block = iter(blocks)
    for volume in values:
        for z in origins[0]:
            for y in origins[1]:
                for x in origins[2]:
                    target = volume[z : z + k, y : y + k, x : x + k]
                    target[...] = next(block)[tuple(slice(size) for size in target.shape)]
    return values.reshape(shape)


def main(path, file=None, variable=None, output=None):
    archive = Archive(path)
    for entry in archive.manifest["files"]:
        for described in entry["variables"]:
            name = (entry["path"], described["path"])
            if file is None:
                print(*name, described["dtype"], described["shape"])
            elif file == "--all":
                target = Path(variable, name[0], name[1].strip("/") + ".npy")
                target.parent.mkdir(parents=True, exist_ok=True)
                np.save(target, archive.variable(entry, described))
            elif name == (file, variable):
                np.save(output, archive.variable(entry, described))


if __name__ == "__main__":
    main(*sys.argv[1:])
