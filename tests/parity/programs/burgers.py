"""A network that satisfies Burgers' equation: derivatives in the loss, L-BFGS, a Jacobian and a Hessian."""

import torch
import torch.nn as nn

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
net = nn.Sequential(nn.Linear(2, 20), nn.Tanh(), nn.Linear(20, 20), nn.Softplus(beta=2), nn.Linear(20, 1))
x = torch.rand(64, 1, requires_grad=True)
t = torch.rand(64, 1, requires_grad=True)
opt = torch.optim.LBFGS(net.parameters(), lr=0.5, max_iter=10, line_search_fn="strong_wolfe")


def residual():
    u = net(torch.cat([x, t], 1))
    ones = torch.ones_like(u)
    ux, ut = torch.autograd.grad(u, (x, t), ones, create_graph=True)
    uxx = torch.autograd.grad(ux, x, ones, create_graph=True)[0]
    return ut + u * ux - 0.01 * uxx


def closure():
    opt.zero_grad()
    u0 = net(torch.cat([x.detach(), torch.zeros_like(t)], 1))
    loss = residual().pow(2).mean() + (u0 + torch.sin(torch.pi * x.detach())).pow(2).mean()
    loss.backward()
    return loss


for i in range(6):
    print(i, f"{opt.step(closure).item():.8f}")
J = torch.autograd.functional.jacobian(lambda z: net(z).squeeze(), torch.rand(3, 2))
print(J.shape, J.sum())
H = torch.func.hessian(lambda z: net(z).sum())(torch.rand(2))
print(H)
