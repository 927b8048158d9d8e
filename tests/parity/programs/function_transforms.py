"""Function transforms: per-sample gradients, ensembles, Jacobians and Hessians, forward-mode."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call, grad, grad_and_value, hessian, jacfwd, jacrev, jvp, vjp, vmap

torch.manual_seed(0)


class SimpleCNN(nn.Module):
    def __init__(self):
        super(SimpleCNN, self).__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, 1)
        self.conv2 = nn.Conv2d(4, 4, 3, 1)
        self.fc1 = nn.Linear(36, 10)

    def forward(self, x):
        x = self.conv1(x)
        x = F.relu(x)
        x = self.conv2(x)
        x = F.relu(x)
        x = F.max_pool2d(x, 2)
        x = torch.flatten(x, 1)
        return F.log_softmax(self.fc1(x), dim=1)


def loss_fn(predictions, targets):
    return F.nll_loss(predictions, targets)


data, targets = torch.randn(6, 1, 10, 10), torch.randint(10, (6,))
model = SimpleCNN()
params = {k: v.detach() for k, v in model.named_parameters()}
buffers = {k: v.detach() for k, v in model.named_buffers()}


def compute_loss(params, buffers, sample, target):
    predictions = functional_call(model, (params, buffers), (sample.unsqueeze(0),))
    return loss_fn(predictions, target.unsqueeze(0))


ft_per_sample_grads = vmap(grad(compute_loss), in_dims=(None, None, 0, 0))(params, buffers, data, targets)
for k, v in ft_per_sample_grads.items():
    print(k, tuple(v.shape), v.norm())
g, value = grad_and_value(compute_loss)(params, buffers, data[0], targets[0])
print(value, g["fc1.bias"])

D = 5
weight, bias, x = torch.randn(D, D), torch.randn(D), torch.randn(D)


def predict(weight, bias, x):
    return F.linear(x, weight, bias).tanh()


print(jacrev(predict, argnums=2)(weight, bias, x))
print(torch.allclose(jacrev(predict, argnums=2)(weight, bias, x), jacfwd(predict, argnums=2)(weight, bias, x)))
print(hessian(predict, argnums=2)(weight, bias, x).shape, hessian(predict, argnums=2)(weight, bias, x).sum())
print(vmap(jacrev(predict, argnums=2), in_dims=(None, None, 0))(weight, bias, torch.randn(3, D)).shape)
out, f = vjp(lambda x: x.sin().sum(), x)
print(out, f(torch.tensor(1.0)))
print(jvp(lambda x: (x**2).cumsum(0), (x,), (torch.ones(D),)))
from torch.autograd.functional import hvp, jacobian

print(jacobian(lambda w: (w @ x).exp(), weight).diagonal(dim1=0, dim2=1).sum())
print(hvp(lambda w: (w @ x).exp().sum(), weight, torch.eye(D))[1].diag())
models = [nn.Linear(4, 2) for _ in range(3)]
stacked = {k: torch.stack([dict(m.named_parameters())[k] for m in models]) for k in ("weight", "bias")}
print(vmap(lambda p, x: functional_call(models[0], p, (x,)), (0, None))(stacked, torch.ones(5, 4)).shape)
