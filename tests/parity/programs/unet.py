"""A small U-Net: skips, group norm, interpolation, dice loss, padding, a frozen part, gradients accumulated and clipped."""

import torch
import torch.nn.functional as F
from torch import nn

torch.manual_seed(4)


class Double(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(a, b, 3, padding=1, padding_mode="reflect"),
            nn.GroupNorm(2, b),
            nn.SiLU(inplace=True),
            nn.Conv2d(b, b, 3, padding=1, groups=2),
            nn.PReLU(b),
        )

    def forward(self, x):
        return self.net(x)


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.ModuleList([Double(1, 4), Double(4, 8)])
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.middle = Double(8, 8)
        self.up = nn.ModuleDict({"a": nn.ConvTranspose2d(8, 8, 2, 2), "b": nn.ConvTranspose2d(4, 4, 2, 2)})
        self.after = nn.ModuleList([Double(16, 4), Double(8, 4)])
        self.head = nn.Conv2d(4, 1, 1)

    def forward(self, x):
        skips = []
        for layer in self.down:
            x = layer(x)
            skips.append(x)
            x = self.pool(x)
        x = self.middle(x)
        for up, layer in zip(self.up.values(), self.after):
            x = up(x)
            skip = skips.pop()
            if x.shape[2:] != skip.shape[2:]:
                x = F.interpolate(x, size=skip.shape[2:], mode="bicubic", align_corners=True)
            x = layer(torch.cat([skip, x], dim=1))
        return self.head(x)


def dice(logits, target, smooth=1.0):
    p = torch.sigmoid(logits).flatten(1)
    t = target.flatten(1)
    return 1 - ((2 * (p * t).sum(1) + smooth) / (p.sum(1) + t.sum(1) + smooth)).mean()


net = UNet()
for p in net.down[0].parameters():
    p.requires_grad = False
optimizer = torch.optim.NAdam(filter(lambda p: p.requires_grad, net.parameters()), lr=5e-3)
for step in range(6):
    optimizer.zero_grad()
    for _ in range(2):
        x = torch.randn(2, 1, 13, 13)
        target = (F.avg_pool2d(x, 3, 1, 1) > 0).float()
        out = net(x)
        loss = (dice(out, target) + F.binary_cross_entropy_with_logits(out, target, pos_weight=torch.tensor(2.0))) / 2
        loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0, error_if_nonfinite=True)
    optimizer.step()
    print(step, f"{loss.item():.4f}", out.shape)
print(
    sum(p.numel() for p in net.parameters() if p.requires_grad),
    [n for n, p in net.named_parameters() if p.grad is None][:3],
)
