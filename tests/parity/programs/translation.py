"""Sequences reversed by GRUs with Bahdanau's attention, packed and padded, after PyTorch's tutorial."""

import random

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import optim
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

random.seed(0)
torch.manual_seed(0)


class EncoderRNN(nn.Module):
    def __init__(self, n, h):
        super().__init__()
        self.embedding = nn.Embedding(n, h, padding_idx=0)
        self.gru = nn.GRU(h, h, batch_first=True, bidirectional=True, num_layers=2, dropout=0.1)
        self.fc = nn.Linear(2 * h, h)

    def forward(self, x, lengths):
        e = self.embedding(x)
        p = pack_padded_sequence(e, lengths, batch_first=True, enforce_sorted=False)
        o, h = self.gru(p)
        o, _ = pad_packed_sequence(o, batch_first=True)
        return (self.fc(o), torch.tanh(self.fc(torch.cat((h[-2], h[-1]), 1))).unsqueeze(0))


class Bahdanau(nn.Module):
    def __init__(self, h):
        super().__init__()
        self.Wa = nn.Linear(h, h)
        self.Ua = nn.Linear(h, h)
        self.Va = nn.Linear(h, 1)

    def forward(self, q, k, mask):
        s = self.Va(torch.tanh(self.Wa(q) + self.Ua(k))).squeeze(2).unsqueeze(1)
        s = s.masked_fill(~mask.unsqueeze(1), -1000000000.0)
        w = F.softmax(s, dim=-1)
        return (torch.bmm(w, k), w)


class Dec(nn.Module):
    def __init__(self, h, n):
        super().__init__()
        self.embedding = nn.Embedding(n, h)
        self.att = Bahdanau(h)
        self.gru = nn.GRU(2 * h, h, batch_first=True)
        self.out = nn.Linear(h, n)
        self.dropout = nn.Dropout(0.1)

    def forward(self, enc, hidden, target, mask):
        inp = torch.empty(enc.size(0), 1, dtype=torch.long).fill_(1)
        outs = []
        for i in range(target.size(1)):
            e = self.dropout(self.embedding(inp))
            c, w = self.att(hidden.permute(1, 0, 2), enc, mask)
            o, hidden = self.gru(torch.cat((e, c), dim=2), hidden)
            outs.append(self.out(o))
            inp = target[:, i].unsqueeze(1) if random.random() < 0.5 else outs[-1].topk(1)[1].squeeze(-1).detach()
        return F.log_softmax(torch.cat(outs, dim=1), dim=-1)


enc, dec = (EncoderRNN(12, 16), Dec(16, 12))
opts = [optim.Adam(m.parameters(), lr=0.005) for m in (enc, dec)]
crit = nn.NLLLoss(ignore_index=0)
for step in range(40):
    lens = torch.randint(3, 8, (8,))
    seqs = [torch.randint(2, 12, (int(l),)) for l in lens]
    x = pad_sequence(seqs, batch_first=True)
    t = pad_sequence([s.flip(0) for s in seqs], batch_first=True)
    for o in opts:
        o.zero_grad()
    eo, eh = enc(x, lens)
    mask = torch.arange(x.size(1))[None, :] < lens[:, None]
    lp = dec(eo, eh, t, mask)
    loss = crit(lp.view(-1, lp.size(-1)), t.view(-1))
    loss.backward()
    nn.utils.clip_grad_value_(dec.parameters(), 0.5)
    for o in opts:
        o.step()
    if step % 8 == 0:
        print(step, round(loss.item(), 4), lp.argmax(-1)[0].tolist())
