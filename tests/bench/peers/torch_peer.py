"""The same training in Python PyTorch: the peer of lockstep-train in `bench_trainer.py`.

Started once per process (RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT in the environment). H=1: gradients are averaged by
DistributedDataParallel; H>1: parameters by torch's own PeriodicModelAverager. gloo, DataLoader, one thread, float32.
Rank 0 prints one JSON object: images, train_s, loss. The time is that of the training loop alone: no start-up, no
evaluation.
"""
import argparse
import gzip
import json
import os
import time

import numpy
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.algorithms.model_averaging.averagers import PeriodicModelAverager
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler


class Mlp(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.fc1 = nn.Linear(784, hidden)
        self.fc2 = nn.Linear(hidden, 10)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class Cnn(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, padding=1)
        self.fc = nn.Linear(2 * width * 49, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, 1 if inputs == outputs else 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.grown = outputs - inputs

    def forward(self, x):
        inner = F.relu(self.bn1(self.conv1(x)))
        if self.grown:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.grown))
        return F.relu(self.bn2(self.conv2(inner)) + x)


class ResNet8(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.layers = nn.Sequential(
            BasicBlock(width, width), BasicBlock(width, 2 * width), BasicBlock(2 * width, 4 * width))
        self.fc = nn.Linear(4 * width, 10)

    def forward(self, x):
        x = self.layers(F.relu(self.bn1(self.conv1(x))))
        return self.fc(x.mean((2, 3)))


def read_idx(path):
    with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz", "rb") as file:
        data = file.read()
    dimensions = data[3]
    shape = numpy.frombuffer(data, ">u4", dimensions, 4)
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)


def training_set(folder, samples):
    images = torch.from_numpy(read_idx(f"{folder}/train-images-idx3-ubyte")[:samples].copy())
    labels = torch.from_numpy(read_idx(f"{folder}/train-labels-idx1-ubyte")[:samples].copy())
    pictures = (images.float().div_(255).sub_(0.286).div_(0.353)).unsqueeze(1)
    return TensorDataset(pictures, labels.long())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=["mlp", "cnn", "resnet8"], required=True)
    parser.add_argument("--width", type=int, required=True, help="hidden units of the mlp, channels of the others")
    parser.add_argument("--H", type=int, required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--samples", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(1)
    dist.init_process_group("gloo")
    model = {"mlp": Mlp, "cnn": Cnn, "resnet8": ResNet8}[arguments.model](arguments.width)
    data = training_set(arguments.data, arguments.samples)
    sampler = DistributedSampler(data, seed=1, drop_last=True)
    loader = DataLoader(data, batch_size=arguments.batch, sampler=sampler, drop_last=True)
    averager = None
    if arguments.H == 1:
        model = nn.parallel.DistributedDataParallel(model)
    else:
        averager = PeriodicModelAverager(period=arguments.H)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)

    dist.barrier()
    begin = time.monotonic()
    images = 0
    total = 0.0
    for epoch in range(arguments.epochs):
        sampler.set_epoch(epoch)
        for pictures, labels in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(pictures), labels)
            loss.backward()
            optimizer.step()
            if averager:
                averager.average_parameters(model.parameters())
            images += len(labels)
            total += loss.item()
    dist.barrier()
    seconds = time.monotonic() - begin
    if dist.get_rank() == 0:
        steps = images // arguments.batch
        print(json.dumps({"images": images * dist.get_world_size(), "train_s": seconds, "loss": total / steps}))


main()
