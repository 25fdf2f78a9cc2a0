#!/usr/bin/python3
"""Images per second of lockstep-train against Python PyTorch doing the same work, in one run.

Two processes, one thread each, float32, Fashion-MNIST; DistributedDataParallel for H=1, periodic averaging for H=8. The
two alternate, so that both see the same machine; the ratio is the median over pairs with a 95 % interval from order
statistics, and the verdict is taken at its lower end. One JSON line per case on stdout.

    tests/bench/bench_trainer.py --bin build/bin                  all cases, 10 pairs
    tests/bench/bench_trainer.py --bin build/bin --case mlp:1 --pairs 3
"""
import argparse
import json
import math
import os
import socket
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROCESSES = 2
BATCH = 32
# model: width, samples and epochs for a few seconds of training, least ratio (an equal step has nothing to win in
# convolutions, so resnet8 is asked for less)
CASES = {"mlp": (256, 60000, 2, 1.5), "cnn": (8, 30000, 2, 1.5), "resnet8": (16, 6000, 1, 1.05)}
SPEC = """lockstep: 1
study: bench
question: How many images a second?
base: {{dataset: fashion-mnist, train_samples: {samples}, model: {model}, {width_name}: {width},
  workers: {processes}, batch_per_worker: {batch}, epochs: {epochs}, lr: 0.05, nesterov: true, evals_per_epoch: 1, seed: 1,
  {algorithm}}}
"""


def environment(**extra):
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **extra}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def peer(model, h, data):
    width, samples, epochs, _ = CASES[model]
    port = str(free_port())
    command = ["/usr/bin/python3", f"{HERE}/peers/torch_peer.py", "--model", model, "--width", str(width), "--H", str(h),
               "--data", data, "--samples", str(samples), "--epochs", str(epochs), "--batch", str(BATCH)]
    ranks = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(
            RANK=str(rank), WORLD_SIZE=str(PROCESSES), MASTER_ADDR="127.0.0.1", MASTER_PORT=port))
        for rank in range(PROCESSES)]
    answers = [rank.communicate(timeout=600)[0] for rank in ranks]
    if any(rank.returncode for rank in ranks):
        sys.exit("the peer failed: see above")
    answer = json.loads(answers[0])
    return answer["images"] / answer["train_s"]


def resolve(binaries, model, h):
    """The run's configuration and id, as lockstep itself makes them."""
    width, samples, epochs, _ = CASES[model]
    spec = SPEC.format(model=model, samples=samples, epochs=epochs, width=width, processes=PROCESSES, batch=BATCH,
                       width_name="hidden" if model == "mlp" else "width",
                       algorithm="algorithm: sync_sgd" if h == 1 else f"algorithm: local_sgd, H: {h}")
    with tempfile.TemporaryDirectory() as workspace:
        plan = subprocess.run([f"{binaries}/lockstep", "plan", "-", "--json", "--workspace", workspace], input=spec,
                              capture_output=True, text=True)
        if plan.returncode:
            sys.exit(plan.stderr)
    return json.loads(plan.stdout)["runs"][0]


def ours(binaries, run):
    config = run["config"]
    with tempfile.TemporaryDirectory() as folder:
        directory = f"{folder}/{run['id']}"
        os.mkdir(directory)
        with open(f"{directory}/config.json", "w", encoding="utf-8") as file:
            json.dump(config, file, sort_keys=True, separators=(",", ":"))
        subprocess.run(["mpirun", "--allow-run-as-root", "--bind-to", "none", "-n", str(PROCESSES),
                        f"{binaries}/lockstep-train", "--run-dir", directory, "--checkpoint-every-s", "0"],
                       check=True, capture_output=True, env=environment())
        with open(f"{directory}/attempts/1/events.jsonl", encoding="utf-8") as file:
            records = [json.loads(line) for line in file]
    end = records[-1]
    return end["step"] * PROCESSES * BATCH / end["train_s"]


def interval(ratios):
    """95 % interval of the median from order statistics (binomial); all of the data when there are few."""
    ordered = sorted(ratios)
    n = len(ordered)
    tail = 0.0
    k = 0
    while k < n // 2 and tail + math.comb(n, k) / 2**n <= 0.025:
        tail += math.comb(n, k) / 2**n
        k += 1
    return ordered[max(0, k - 1)], ordered[min(n - 1, n - k)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/bin", help="folder of lockstep and lockstep-train")
    parser.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="folder of the IDX files")
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--case", action="append", help="MODEL:H; default: all")
    arguments = parser.parse_args()
    cases = arguments.case or [f"{model}:{h}" for model in CASES for h in (1, 8)]
    passed = True
    for case in cases:
        model, h = case.split(":")
        run = resolve(arguments.bin, model, int(h))
        pairs = [(ours(arguments.bin, run), peer(model, int(h), arguments.data)) for _ in range(arguments.pairs)]
        ratios = [a / b for a, b in pairs]
        low, high = interval(ratios)
        least = CASES[model][3]
        ok = low >= least
        passed &= ok
        print(json.dumps({
            "bench": "trainer", "model": model, "H": int(h), "pairs": len(pairs),
            "ours_images_s": round(statistics.median(a for a, _ in pairs)),
            "peer_images_s": round(statistics.median(b for _, b in pairs)),
            "ratio": round(statistics.median(ratios), 3), "low": round(low, 3), "high": round(high, 3),
            "wanted": least, "verdict": "PASS" if ok else "FAIL"}), flush=True)
    sys.exit(0 if passed else 1)


main()
