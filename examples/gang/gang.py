"""Say which part of the gang this process is, the way a distributed trainer would find out."""

import os

rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
print(f"node {os.environ['NODE_RANK']}: process {rank} of {world}", flush=True)
print(f"the first node is at {os.environ['MASTER_ADDR']}:{os.environ['MASTER_PORT']}", flush=True)
