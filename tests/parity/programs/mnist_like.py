"""PyTorch's own first example, on pictures from nowhere: a LeNet, Adadelta, a schedule, train() and test()."""

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, 1)
        self.conv2 = nn.Conv2d(8, 16, 3, 1)
        self.dropout1 = nn.Dropout(0.25)
        self.dropout2 = nn.Dropout2d(0.1)
        self.fc1 = nn.Linear(16 * 36, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.dropout2(self.conv2(x)))
        x = self.dropout1(F.max_pool2d(x, 2))
        x = torch.flatten(x, 1)
        return F.log_softmax(self.fc2(F.relu(self.fc1(x))), dim=1)


class Pictures(Dataset):
    def __init__(self, n, transform):
        self.y = torch.arange(n) % 10
        self.x = torch.randn(n, 16, 16) + self.y[:, None, None] / 3
        self.transform = transform

    def __len__(self):
        return len(self.y)

    def __getitem__(self, index):
        return self.transform(self.x[index]), int(self.y[index])


def train(args, model, device, loader, optimizer, epoch):
    model.train()
    for batch_idx, (data, target) in enumerate(loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()
        if batch_idx % args.log_interval == 0:
            print(
                f"Train Epoch: {epoch} [{batch_idx * len(data)}/{len(loader.dataset)} ({100.0 * batch_idx / len(loader):.0f}%)]\tLoss: {loss.item():.4f}"
            )


def test(model, device, loader):
    model.eval()
    test_loss = correct = 0
    with torch.no_grad():
        for data, target in loader:
            output = model(data.to(device))
            test_loss += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
    print(f"Test set: Average loss: {test_loss / len(loader.dataset):.4f}, Accuracy: {correct}/{len(loader.dataset)}")


parser = argparse.ArgumentParser()
parser.add_argument("--log-interval", type=int, default=4)
args = parser.parse_args([])
torch.manual_seed(1)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
transform = lambda x: ((x - 1.5) / 2).unsqueeze(0)
loader = DataLoader(Pictures(200, transform), batch_size=16, shuffle=True, num_workers=0, pin_memory=False)
held = DataLoader(Pictures(50, transform), batch_size=25)
model = Net().to(device)
optimizer = optim.Adadelta(model.parameters(), lr=0.3)
scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
for epoch in range(1, 4):
    train(args, model, device, loader, optimizer, epoch)
    test(model, device, held)
    scheduler.step()
print(model)
