"""A Wasserstein GAN with gradient penalty: double backward through convolutions."""

import torch
from torch import autograd, nn
from torch.optim.lr_scheduler import StepLR

torch.manual_seed(11)
critic = nn.Sequential(
    nn.Conv2d(1, 6, 3, 2, 1),
    nn.LeakyReLU(0.2),
    nn.Conv2d(6, 12, 3, 2, 1),
    nn.InstanceNorm2d(12, affine=True),
    nn.LeakyReLU(0.2),
    nn.Flatten(),
    nn.Linear(12 * 9, 1),
)
generator = nn.Sequential(
    nn.Linear(5, 12 * 9),
    nn.Unflatten(1, (12, 3, 3)),
    nn.Upsample(scale_factor=2, mode="bilinear"),
    nn.Conv2d(12, 6, 3, padding="same"),
    nn.ELU(),
    nn.PixelShuffle(1),
    nn.Upsample(scale_factor=2),
    nn.Conv2d(6, 1, 3, padding=1),
    nn.Tanh(),
)
opt_c = torch.optim.RMSprop(critic.parameters(), lr=1e-3)
opt_g = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.0, 0.9))
schedule = StepLR(opt_g, 3, gamma=0.5)


def gradient_penalty(real, fake):
    eps = torch.rand(real.size(0), 1, 1, 1).expand_as(real)
    mixed = (eps * real + (1 - eps) * fake).requires_grad_(True)
    score = critic(mixed)
    gradients = autograd.grad(
        outputs=score, inputs=mixed, grad_outputs=torch.ones_like(score), create_graph=True, retain_graph=True
    )[0]
    return ((gradients.view(gradients.size(0), -1).norm(2, dim=1) - 1) ** 2).mean()


for step in range(8):
    for _ in range(2):
        real = torch.rand(8, 1, 12, 12) * 2 - 1
        fake = generator(torch.randn(8, 5)).detach()
        loss = critic(fake).mean() - critic(real).mean() + 10 * gradient_penalty(real, fake)
        opt_c.zero_grad()
        loss.backward()
        opt_c.step()
    g_loss = -critic(generator(torch.randn(8, 5))).mean()
    opt_g.zero_grad()
    g_loss.backward()
    opt_g.step()
    schedule.step()
    print(step, f"{loss.item():.4f} {g_loss.item():.4f}", schedule.get_last_lr())
