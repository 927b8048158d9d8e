"""A vision transformer distilled from a teacher: patches, attention weights, label smoothing, EMA, hooks."""

import copy

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.manual_seed(6)


class ViT(nn.Module):
    def __init__(self, dim=16, depth=2, heads=4):
        super().__init__()
        self.patch = nn.Conv2d(3, dim, kernel_size=4, stride=4)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(nn.init.trunc_normal_(torch.empty(1, 10, dim), std=0.02))
        layer = nn.TransformerEncoderLayer(
            dim, heads, 32, dropout=0.1, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, depth, norm=nn.LayerNorm(dim), enable_nested_tensor=False)
        self.attention = nn.MultiheadAttention(dim, 2, batch_first=True)
        self.head = nn.Linear(dim, 5)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1) + self.pos
        x = self.encoder(x)
        pooled, weights = self.attention(x[:, :1], x, x)
        self.weights = weights.detach()
        return self.head(pooled.squeeze(1))


student, teacher = ViT(), ViT(depth=1)
teacher.requires_grad_(False).eval()
shapes = {}
handles = [
    m.register_forward_hook(lambda m, i, o, n=n: shapes.__setitem__(n, tuple(o.shape)))
    for n, m in student.named_modules()
    if isinstance(m, nn.Linear)
]
ema = AveragedModel(student, multi_avg_fn=get_ema_multi_avg_fn(0.9))
optimizer = torch.optim.AdamW(student.parameters(), lr=3e-3)
warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=4)
cosine = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 5)
schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cosine], milestones=[4])
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
for step in range(12):
    x, y = torch.randn(6, 3, 12, 12), torch.randint(5, (6,))
    logits = student(x)
    with torch.no_grad():
        soft = F.log_softmax(teacher(x) / 2, -1)
    loss = criterion(logits, y) + 4 * F.kl_div(
        F.log_softmax(logits / 2, -1), soft, reduction="batchmean", log_target=True
    )
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    ema.update_parameters(student)
    if step % 3 == 0:
        print(step, f"{loss.item():.4f} {schedule.get_last_lr()[0]:.6f}", student.weights.sum(-1).mean())
for h in handles:
    h.remove()
print(shapes)
student.eval(), ema.eval()
x = torch.randn(2, 3, 12, 12)
print(student(x).softmax(-1), ema(x).argmax(-1), copy.deepcopy(student)(x).sum())
