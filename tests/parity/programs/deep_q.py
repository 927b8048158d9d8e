"""Deep Q-learning with a replay memory, a target network updated softly, Huber's loss, in a tiny world."""

import random
from collections import deque, namedtuple
from itertools import count

import torch
import torch.nn as nn
import torch.optim as optim

random.seed(1)
torch.manual_seed(1)
Transition = namedtuple("Transition", ("state", "action", "next_state", "reward"))
memory = deque(maxlen=200)


class DQN(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Linear(3, 24)
        self.layer2 = nn.Linear(24, 2)

    def forward(self, x):
        return self.layer2(nn.functional.relu(self.layer1(x)))


policy, target = DQN(), DQN()
target.load_state_dict(policy.state_dict())
optimizer = optim.AdamW(policy.parameters(), lr=1e-3, amsgrad=True)


def select(state, eps):
    if random.random() > eps:
        with torch.no_grad():
            return policy(state).max(1).indices.view(1, 1)
    return torch.tensor([[random.randrange(2)]], dtype=torch.long)


for episode in range(6):
    state = torch.rand(1, 3)
    for t in count():
        action = select(state, 0.9 * 0.7**episode)
        reward = torch.tensor([float((state.sum() > 1.5) == action.item())])
        next_state = None if t == 14 else torch.rand(1, 3)
        memory.append(Transition(state, action, next_state, reward))
        state = next_state
        if len(memory) >= 16:
            batch = Transition(*zip(*random.sample(memory, 16)))
            mask = torch.tensor(tuple(map(lambda s: s is not None, batch.next_state)), dtype=torch.bool)
            following = torch.cat([s for s in batch.next_state if s is not None])
            values = policy(torch.cat(batch.state)).gather(1, torch.cat(batch.action))
            next_values = torch.zeros(16)
            with torch.no_grad():
                next_values[mask] = target(following).max(1).values
            loss = nn.SmoothL1Loss()(values, (next_values * 0.9 + torch.cat(batch.reward)).unsqueeze(1))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_value_(policy.parameters(), 100)
            optimizer.step()
            ours, theirs = policy.state_dict(), target.state_dict()
            for key in ours:
                theirs[key] = ours[key] * 0.05 + theirs[key] * 0.95
            target.load_state_dict(theirs)
        if next_state is None:
            break
    print(
        episode,
        f"{loss.item():.5f}" if len(memory) >= 16 else "-",
        [p.abs().sum().item().__round__(4) for p in target.parameters()],
    )
