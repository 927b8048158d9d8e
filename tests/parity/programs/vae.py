"""A variational autoencoder with convolutions, after PyTorch's examples; pixels are random."""

import numpy as np
import torch
import torch.utils.data
from torch import nn, optim
from torch.nn import functional as F

torch.manual_seed(1)
np.random.seed(0)
X = torch.from_numpy(np.random.rand(256, 1, 16, 16).astype(np.float32)).round()
loader = torch.utils.data.DataLoader(
    torch.utils.data.TensorDataset(X, torch.zeros(256).long()), batch_size=32, shuffle=True
)


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(8, 16, 3, 2, 1),
            nn.ReLU(True),
            nn.Flatten(),
        )
        self.fc21 = nn.Linear(256, 5)
        self.fc22 = nn.Linear(256, 5)
        self.fc3 = nn.Linear(5, 256)
        self.dec = nn.Sequential(
            nn.Unflatten(1, (16, 4, 4)),
            nn.ConvTranspose2d(16, 8, 4, 2, 1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.ConvTranspose2d(8, 1, 4, 2, 1),
            nn.Sigmoid(),
        )

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def forward(self, x):
        h = self.enc(x)
        mu, logvar = (self.fc21(h), self.fc22(h))
        return (self.dec(self.fc3(self.reparameterize(mu, logvar))), mu, logvar)


model = VAE().to(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
optimizer = optim.Adam(model.parameters(), lr=0.001)


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x.view(-1, 256), x.view(-1, 256), reduction="sum")
    return BCE - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())


for epoch in range(3):
    model.train()
    total = 0
    for i, (data, _) in enumerate(loader):
        optimizer.zero_grad()
        loss = loss_function(model(data)[0], data, *model(data)[1:])
        loss.backward()
        total += loss.item()
        optimizer.step()
    print(f"====> Epoch: {epoch} Average loss: {total / len(loader.dataset):.3f}")
model.eval()
with torch.no_grad():
    s = model.dec(model.fc3(torch.randn(4, 5)))
    print(s.shape, s.mean(), s.flatten()[:6])
print(model)
