"""The table of test/models/float8-table.ts, from PyTorch's float8_e4m3fn: python bench/float8-table.py > test/models/float8-table.ts"""
import torch

values = torch.arange(256, dtype=torch.uint8).view(torch.float8_e4m3fn).to(torch.float32).tolist()
print('/** What each byte is as an E4M3FN number, from PyTorch %s: bench/float8-table.py. */' % torch.__version__.split('+')[0])
print('// biome-ignore format: eight in a row, a binade')
print('export const float8Table: readonly number[] = [')
for row in range(0, 256, 8):
    print('  ' + ', '.join('NaN' if v != v else ('-0' if v == 0 and row >= 128 else repr(v).removesuffix('.0')) for v in values[row:row + 8]) + ',')
print('];')
