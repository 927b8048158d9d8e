"""A word-level LSTM with tied weights: truncated backpropagation through time, perplexity, a plateau's schedule, a checkpoint."""

import io
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(1111)
ntokens, nhid, bptt, bsz = 20, 16, 7, 5
ids = torch.randint(ntokens, (400,))


def batchify(data, bsz):
    nbatch = data.size(0) // bsz
    return data.narrow(0, 0, nbatch * bsz).view(bsz, -1).t().contiguous()


class RNNModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.2)
        self.encoder = nn.Embedding(ntokens, nhid)
        self.rnn = nn.LSTM(nhid, nhid, 2, dropout=0.2)
        self.decoder = nn.Linear(nhid, ntokens)
        self.decoder.weight = self.encoder.weight
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)

    def forward(self, input, hidden):
        output, hidden = self.rnn(self.drop(self.encoder(input)), hidden)
        decoded = self.decoder(self.drop(output)).view(-1, ntokens)
        return F.log_softmax(decoded, dim=1), hidden

    def init_hidden(self, bsz):
        weight = next(self.parameters())
        return (weight.new_zeros(2, bsz, nhid), weight.new_zeros(2, bsz, nhid))


def repackage_hidden(h):
    return h.detach() if isinstance(h, torch.Tensor) else tuple(repackage_hidden(v) for v in h)


model, train, lr = RNNModel(), batchify(ids, bsz), 5.0
criterion = nn.NLLLoss()
dummy = torch.optim.SGD(model.parameters(), lr=lr)
schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(dummy, patience=0, factor=0.25)
for epoch in range(3):
    model.train()
    hidden, total = model.init_hidden(bsz), 0.0
    for i in range(0, train.size(0) - 1, bptt):
        seq = min(bptt, len(train) - 1 - i)
        data, targets = train[i : i + seq], train[i + 1 : i + 1 + seq].view(-1)
        model.zero_grad()
        hidden = repackage_hidden(hidden)
        output, hidden = model(data, hidden)
        loss = criterion(output, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        for p in model.parameters():
            p.data.add_(p.grad, alpha=-lr)
        total += len(data) * loss.item()
    schedule.step(total)
    print(epoch, f"{total / len(train):.4f} ppl {math.exp(total / len(train)):.3f}", dummy.param_groups[0]["lr"])
buffer = io.BytesIO()
torch.save(model.state_dict(), buffer)
buffer.seek(0)
again = RNNModel()
again.load_state_dict(torch.load(buffer, weights_only=True))
again.eval()
word, hidden, said = torch.zeros(1, 1, dtype=torch.long), again.init_hidden(1), []
with torch.no_grad():
    for _ in range(12):
        output, hidden = again(word, hidden)
        word.fill_(torch.multinomial(output.squeeze().div(0.9).exp(), 1)[0])
        said.append(int(word))
print(said)
