"""An actor and its critic, after PyTorch's examples, in a world of random states."""

from collections import deque

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

torch.manual_seed(543)
rng = np.random.default_rng(0)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.affine1 = nn.Linear(4, 32)
        self.dropout = nn.Dropout(p=0.6)
        self.action_head = nn.Linear(32, 2)
        self.value_head = nn.Linear(32, 1)
        self.saved = []
        self.rewards = []

    def forward(self, x):
        x = F.relu(self.dropout(self.affine1(x)))
        return (F.softmax(self.action_head(x), dim=-1), self.value_head(x))


model = Policy()
optimizer = optim.RMSprop(model.parameters(), lr=0.003, momentum=0.9, centered=True)
eps = np.finfo(np.float32).eps.item()
for ep in range(10):
    state = rng.standard_normal(4)
    for t in range(20):
        state = torch.from_numpy(state).float()
        probs, v = model(state)
        a = torch.multinomial(probs, 1).item()
        model.saved.append((torch.log(probs[a]), v))
        model.rewards.append(float(state.sum() > 0) if a else 0.0)
        state = rng.standard_normal(4)
    R = 0
    returns = deque()
    for r in model.rewards[::-1]:
        R = r + 0.99 * R
        returns.appendleft(R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + eps)
    pl, vl = ([], [])
    for (lp, value), R in zip(model.saved, returns):
        adv = R - value.item()
        pl.append(-lp * adv)
        vl.append(F.smooth_l1_loss(value, torch.tensor([R])))
    optimizer.zero_grad()
    loss = torch.stack(pl).sum() + torch.stack(vl).sum()
    loss.backward()
    optimizer.step()
    del model.rewards[:]
    del model.saved[:]
    print(ep, f"{loss.item():.4f}")
