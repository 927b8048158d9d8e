"""Learning to learn sine waves (MAML): functional calls, gradients of gradients."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call, grad, vmap

torch.manual_seed(2)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(1, 20)
        self.fc2 = nn.Linear(20, 20)
        self.fc3 = nn.Linear(20, 1)

    def forward(self, x):
        x = self.fc1(x).relu()
        return self.fc3(self.fc2(x).relu_())


net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)


def get_loss_for_task(params, x1, y1, x2, y2):
    def inner_loss(params, x1, y1):
        return F.mse_loss(functional_call(net, params, (x1,)), y1)

    grads = grad(inner_loss)(params, x1, y1)
    new = {k: params[k] - 0.1 * g for k, g in grads.items()}
    return F.mse_loss(functional_call(net, new, (x2,)), y2)


for it in range(12):
    amplitude = torch.empty(4, 1, 1).uniform_(0.1, 5.0)
    phase = torch.empty(4, 1, 1).uniform_(0.0, torch.pi)
    x1 = torch.empty(4, 10, 1).uniform_(-5, 5)
    x2 = torch.empty(4, 10, 1).uniform_(-5, 5)
    params = dict(net.named_parameters())
    losses = [
        get_loss_for_task(params, *t)
        for t in zip(x1, amplitude * torch.sin(x1 + phase), x2, amplitude * torch.sin(x2 + phase))
    ]
    loss = sum(losses) / len(losses)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(it, f"{loss.item():.4f}")

w = torch.randn(3)
per_sample = vmap(grad(lambda w, x, y: (torch.dot(w, x) - y) ** 2), in_dims=(None, 0, 0))(
    w, torch.randn(5, 3), torch.randn(5)
)
print(per_sample)
print(torch.vmap(torch.trace)(torch.arange(18.0).reshape(2, 3, 3)))
