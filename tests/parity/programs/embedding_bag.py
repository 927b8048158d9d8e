"""News classified by bags of words, a siamese net with triplets, a custom Function, quantiles and confusion counts."""

import torch
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.data.dataset import random_split

torch.manual_seed(21)
corpus = [
    (int(i % 3), torch.randint(0, 30, (int(torch.randint(3, 9, ()).item()),)) % 30 // (1 + i % 3)) for i in range(90)
]


def collate_batch(batch):
    labels, texts, offsets = [], [], [0]
    for label, text in batch:
        labels.append(label)
        texts.append(text)
        offsets.append(text.size(0))
    return torch.tensor(labels, dtype=torch.int64), torch.cat(texts), torch.tensor(offsets[:-1]).cumsum(dim=0)


class TextClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.EmbeddingBag(30, 8, mode="mean")
        self.fc = nn.Linear(8, 3)
        self.init_weights()

    def init_weights(self):
        self.embedding.weight.data.uniform_(-0.5, 0.5)
        self.fc.weight.data.uniform_(-0.5, 0.5)
        self.fc.bias.data.zero_()

    def forward(self, text, offsets):
        return self.fc(self.embedding(text, offsets))


class RoundSTE(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.save_for_backward(x)
        ctx.scale = scale
        return torch.round(x * scale) / scale

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (x.abs() < 1).to(g.dtype), None


train_set, held = random_split(corpus, [75, 15], generator=torch.Generator().manual_seed(3))
loader = DataLoader(train_set, batch_size=15, shuffle=True, collate_fn=collate_batch)
model, criterion = TextClassifier(), nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 1.0]))
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
scheduler = torch.optim.lr_scheduler.MultiplicativeLR(optimizer, lambda e: 0.8)
for epoch in range(4):
    for label, text, offsets in loader:
        optimizer.zero_grad()
        logits = model(text, offsets)
        loss = criterion(logits, label) + RoundSTE.apply(logits, 4).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
    scheduler.step()
    print(epoch, f"{loss.item():.5f}", (logits.argmax(1) == label).sum().item(), scheduler.get_last_lr())
label, text, offsets = collate_batch([held[i] for i in range(len(held))])
pred = model(text, offsets).argmax(1)
confusion = torch.zeros(3, 3, dtype=torch.long)
confusion.index_put_((label, pred), torch.ones_like(label), accumulate=True)
print(confusion, torch.bincount(pred, minlength=3))
siamese = nn.Sequential(nn.Linear(4, 8), nn.Hardswish(), nn.Linear(8, 3))
optimizer = torch.optim.ASGD(siamese.parameters(), lr=0.05)
triplet = nn.TripletMarginLoss(margin=0.5, swap=True)
for step in range(20):
    a = torch.randn(10, 4)
    loss = triplet(*map(siamese, (a, a + 0.1 * torch.randn(10, 4), torch.randn(10, 4))))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
with torch.no_grad():
    similarity = nn.functional.cosine_similarity(siamese(a), siamese(-a))
    print(f"{loss.item():.5f}", similarity.quantile(torch.tensor([0.25, 0.5])))
values, where = torch.sort(siamese(a).detach().sum(1), descending=True)
print(values[:4], torch.unique(where % 4, return_counts=True), torch.histc(values, 4))
