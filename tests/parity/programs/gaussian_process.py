"""Gaussian-process regression: its marginal likelihood, through a Cholesky factor, optimised; then a mixture by EM."""

import math

import torch

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)
x = torch.linspace(0, 1, 25)
y = torch.sin(6 * x) + 0.1 * torch.randn(25)
log_length, log_scale, log_noise = [torch.nn.Parameter(torch.tensor(v)) for v in (-1.0, 0.0, -2.0)]


def kernel(a, b):
    return log_scale.exp() ** 2 * torch.exp(-0.5 * torch.cdist(a[:, None], b[:, None]) ** 2 / log_length.exp() ** 2)


optimizer = torch.optim.Rprop([log_length, log_scale, log_noise], lr=0.05)
for step in range(30):
    K = kernel(x, x) + log_noise.exp() ** 2 * torch.eye(25)
    L = torch.linalg.cholesky(K)
    alpha = torch.cholesky_solve(y[:, None], L)
    loss = 0.5 * y @ alpha[:, 0] + L.diagonal().log().sum() + 12.5 * math.log(2 * math.pi)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 6 == 0:
        print(step, loss, [round(p.item(), 5) for p in (log_length, log_scale, log_noise)])
with torch.no_grad():
    xs = torch.tensor([0.13, 0.5, 1.2])
    Ks = kernel(xs, x)
    mean = Ks @ torch.linalg.solve(K, y)
    cov = kernel(xs, xs) - Ks @ torch.linalg.inv(K) @ Ks.mT
    print(mean, cov.diagonal())
    print(torch.linalg.slogdet(K), torch.logdet(K))
