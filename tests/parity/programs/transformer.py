"""A Transformer's encoder as language model, after PyTorch's examples: dictionaries from a DataLoader, a checkpoint."""

import math
import os
import tempfile

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset, random_split

torch.manual_seed(7)


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, dropout=0.1, max_len=50):
        super().__init__()
        self.dropout = nn.Dropout(p=dropout)
        pe = torch.zeros(max_len, d_model)
        position = torch.arange(0, max_len, dtype=torch.float).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2).float() * (-math.log(10000.0) / d_model))
        pe[:, 0::2] = torch.sin(position * div_term)
        pe[:, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe.unsqueeze(0).transpose(0, 1))

    def forward(self, x):
        return self.dropout(x + self.pe[: x.size(0), :])


class Model(nn.Transformer):
    def __init__(self, ntoken, ninp, nhead, nhid, nlayers, dropout=0.2):
        super().__init__(d_model=ninp, nhead=nhead, dim_feedforward=nhid, num_encoder_layers=nlayers)
        self.src_mask = None
        self.pos_encoder = PositionalEncoding(ninp, dropout)
        self.input_emb = nn.Embedding(ntoken, ninp)
        self.ninp = ninp
        self.dec = nn.Linear(ninp, ntoken)
        initrange = 0.1
        nn.init.uniform_(self.input_emb.weight, -initrange, initrange)
        nn.init.zeros_(self.dec.bias)
        nn.init.uniform_(self.dec.weight, -initrange, initrange)

    def forward(self, src):
        m = torch.log(torch.tril(torch.ones(len(src), len(src))))
        src = self.pos_encoder(self.input_emb(src) * math.sqrt(self.ninp))
        return nn.functional.log_softmax(self.dec(self.encoder(src, mask=m)), dim=-1)


class Copy(Dataset):
    def __init__(self):
        self.x = torch.randint(0, 10, (100, 12))

    def __len__(self):
        return 100

    def __getitem__(self, i):
        return {"src": self.x[i, :-1], "tgt": self.x[i, 1:], "id": i, "w": float(i)}


tr, va = random_split(Copy(), [80, 20])
loader = DataLoader(tr, batch_size=16, shuffle=True, drop_last=True)
model = Model(10, 16, 2, 32, 2)
opt = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9, nesterov=True, weight_decay=0.0001)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.5, total_steps=20)
for ep in range(4):
    for b in loader:
        opt.zero_grad()
        out = model(b["src"].t())
        loss = nn.functional.nll_loss(out.reshape(-1, 10), b["tgt"].t().reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        opt.step()
        sched.step()
    print(ep, round(loss.item(), 4), b["id"][:4], b["w"].dtype)
p = os.path.join(tempfile.mkdtemp(), "m.pt")
torch.save({"m": model.state_dict(), "o": opt.state_dict(), "ep": ep}, p)
c = torch.load(p)
m2 = Model(10, 16, 2, 32, 2)
print(m2.load_state_dict(c["m"]))
m2.eval()
model.eval()
print(torch.equal(m2(b["src"].t()), model(b["src"].t())), len(c["m"]), sorted(c["o"].keys()))
