"""Programs about derivatives, written for PyTorch's names: each takes the library and returns what it computed."""

from __future__ import annotations

from typing import Any

PROGRAMS: dict[str, Any] = {}


def program(function: Any) -> Any:
    PROGRAMS[function.__name__] = function
    return function


def double(torch: Any, *values: Any, grad: bool = False) -> Any:
    return torch.tensor(list(values), dtype=torch.float64, requires_grad=grad)


def number(torch: Any, value: float, grad: bool = False) -> Any:
    return torch.tensor(value, dtype=torch.float64, requires_grad=grad)


def attempt(*calls: Any) -> list[Any]:
    """The results of calls, or the class of the exception of each."""
    found: list[Any] = []
    for call in calls:
        try:
            found.append(call())
        except Exception as error:
            found.append(next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"))
    return found


# ---------------------------------------------------------------- torch.autograd.functional


@program
def jacobians(torch: Any) -> Any:
    F = torch.autograd.functional
    x, y = double(torch, 0.5, 1.0, 2.0), double(torch, 3.0, 4.0)
    return (
        F.jacobian(lambda x: x.exp(), x),
        F.jacobian(lambda x: (x * x, x.sum()), x),
        F.jacobian(lambda x, y: x.sum() * y, (x, y)),
        F.jacobian(lambda x, y: (x.sum() * y, x * 2, y.prod()), (x, y)),
        F.jacobian(lambda x: x.sin().sum(), x),
        F.jacobian(lambda x: x.reshape(1, 3) * x.reshape(3, 1), x),
        F.jacobian(lambda x: x.exp(), number(torch, 0.5)),
        F.jacobian(lambda x, y: x.sin() * y.sum(), (x, y), vectorize=True),
        F.jacobian(lambda x, y: (x.sin() * y.sum(), y), (x, y), vectorize=True, strategy="forward-mode"),
        F.jacobian(lambda x: x.float(), x),
        F.jacobian(lambda x: x.float(), x, vectorize=True, strategy="forward-mode"),
        F.jacobian(lambda x, y: x * 2, (x, y)),
    )


@program
def jacobians_with_a_graph(torch: Any) -> Any:
    F = torch.autograd.functional
    x = double(torch, 0.5, 1.0, grad=True)
    J = F.jacobian(lambda t: t**3, x, create_graph=True)
    (g,) = torch.autograd.grad(J.sum(), x)
    plain = F.jacobian(lambda t: t**3, x)
    return J, g, plain, plain.requires_grad, J.requires_grad, x.grad is None


@program
def hessians(torch: Any) -> Any:
    F = torch.autograd.functional
    x, y = double(torch, 0.5, 1.0, 2.0), double(torch, 3.0, 4.0)
    z = double(torch, 1.0, 2.0, grad=True)
    H = F.hessian(lambda t: (t**3).sum(), z, create_graph=True)
    return (
        F.hessian(lambda x: (x**3).sum(), x),
        F.hessian(lambda x, y: x.sum() * y.prod(), (x, y)),
        F.hessian(lambda x: x.sum(), x),
        F.hessian(lambda x: (x**3).sum().reshape(1), x),
        F.hessian(lambda x: x**4, number(torch, 2.0)),
        F.hessian(lambda x: (x**3).sum(), x, vectorize=True),
        F.hessian(lambda x: (x**3).sum(), x, vectorize=True, outer_jacobian_strategy="forward-mode"),
        H,
        torch.autograd.grad(H.sum(), z)[0],
    )


@program
def products(torch: Any) -> Any:
    F = torch.autograd.functional
    x, y, v, w = double(torch, 0.5, 1.0), double(torch, 3.0, 4.0), double(torch, 1.0, -2.0), double(torch, 0.3, 0.7)
    cubes = lambda x, y: (x**3 * y).sum()
    return (
        F.vjp(lambda x: x.exp(), x, v),
        F.vjp(lambda x, y: (x * y, x.sum()), (x, y), (v, number(torch, 2.0))),
        F.vjp(lambda x: x.sum(), x),
        F.vjp(lambda x, y: x.exp(), (x, y), v),
        F.jvp(lambda x: x.exp(), x, v),
        F.jvp(lambda x, y: (x * y, x.sum()), (x, y), (v, w)),
        F.jvp(lambda x: (x * 2, x * x), number(torch, 3.0)),
        F.jvp(lambda x, y: x.exp(), (x, y), (v, w)),
        F.vhp(lambda x: (x**3).sum(), x, v),
        F.vhp(cubes, (x, y), (v, w)),
        F.hvp(lambda x: (x**3).sum(), x, v),
        F.hvp(cubes, (x, y), (v, w)),
        F.hvp(lambda x: x**3, number(torch, 2.0)),
        F.hvp(lambda x: x.sum(), x, v),
        F.vhp(lambda x: x.sum(), x, v),
    )


@program
def products_with_a_graph(torch: Any) -> Any:
    F = torch.autograd.functional
    found = []
    for name in ("vjp", "jvp", "vhp", "hvp"):
        x, v = double(torch, 0.5, 1.0, grad=True), double(torch, 1.0, -2.0, grad=True)
        f = (lambda t: (t**4).sum()) if "h" in name else (lambda t: t**4)
        out, product = getattr(F, name)(f, x, v, create_graph=True)
        found.append((out, product, torch.autograd.grad(product.sum(), (x, v))))
        out, product = getattr(F, name)(f, x, v)
        found.append((out, product, out.requires_grad, product.requires_grad))
    return found


@program
def strict_products(torch: Any) -> Any:
    F = torch.autograd.functional
    x, y = double(torch, 0.5, 1.0), double(torch, 3.0, 4.0)
    both = (x, y)
    return attempt(
        lambda: F.jacobian(lambda x: x * 2, x, strict=True),
        lambda: F.jacobian(lambda x, y: x * 2, both, strict=True),
        lambda: F.jacobian(lambda x: double(torch, 1.0), x, strict=True),
        lambda: F.jacobian(lambda x: x * 2, x, strict=True, create_graph=True),
        lambda: F.jacobian(lambda x: x * x, x, strict=True, create_graph=True),
        lambda: F.jacobian(lambda x: x * x, x, strict=True, vectorize=True),
        lambda: F.jacobian(lambda x: x * x, x, strict=True, vectorize=True, strategy="forward-mode"),
        lambda: F.hessian(lambda x: (x * x).sum(), x, strict=True),
        lambda: F.hessian(lambda x: x.sum(), x, strict=True),
        lambda: F.hessian(lambda x, y: (x * x).sum(), both, strict=True),
        lambda: F.hessian(lambda x: number(torch, 1.0), x, strict=True),
        lambda: F.vjp(lambda x, y: x * 2, both, x, strict=True),
        lambda: F.vjp(lambda x: x * 2, x, x, strict=True),
        lambda: F.vjp(lambda x: x * 2, x, x, strict=True, create_graph=True),
        lambda: F.vjp(lambda x: double(torch, 1.0), x, x, strict=True),
        lambda: F.jvp(lambda x, y: x * 2, both, both, strict=True),
        lambda: F.jvp(lambda x: x * 2, x, x, strict=True),
        lambda: F.jvp(lambda x: x * 2, x, x, strict=True, create_graph=True),
        lambda: F.jvp(lambda x: (x * 2, x * 0 + 1), x, x, strict=True),
        lambda: F.vhp(lambda x, y: (x * x).sum(), both, both, strict=True),
        lambda: F.vhp(lambda x: x.sum(), x, x, strict=True),
        lambda: F.vhp(lambda x: (x * x).sum(), x, x, strict=True),
        lambda: F.hvp(lambda x, y: (x * x).sum(), both, both, strict=True),
        lambda: F.hvp(lambda x: x.sum(), x, x, strict=True),
        lambda: F.hvp(lambda x: (x * x).sum(), x, x, strict=True),
    )


@program
def wrong_products(torch: Any) -> Any:
    F = torch.autograd.functional
    x, y = double(torch, 0.5, 1.0), double(torch, 3.0, 4.0, 5.0)
    return attempt(
        lambda: F.vjp(lambda x: x * 2, x),
        lambda: F.vjp(lambda x: x * 2, x, y),
        lambda: F.vjp(lambda x: x * 2, x, (x, x)),
        lambda: F.vjp(lambda x: [x, x], x, (x, x)),
        lambda: F.vjp(lambda x: 3.0, x, x),
        lambda: F.vjp(lambda x: x, [x], x),
        lambda: F.vjp(lambda x: x, 3.0, x),
        lambda: F.vjp(lambda x: x, x, 3.0),
        lambda: F.vjp(lambda x: x, torch.tensor([1, 2]), x),
        lambda: F.jvp(lambda x: x * 2, x),
        lambda: F.jvp(lambda x: x * 2, x, y),
        lambda: F.jvp(lambda x: x * 2, x, (x, x)),
        lambda: F.jvp(lambda x: 1.0, x, x),
        lambda: F.vhp(lambda x: x * 2, x, x),
        lambda: F.vhp(lambda x: (x.sum(),), x, x),
        lambda: F.vhp(lambda x: x.sum(), x),
        lambda: F.vhp(lambda x: x.sum(), x, y),
        lambda: F.hvp(lambda x: x * 2, x, x),
        lambda: F.hvp(lambda x: (x.sum(),), x, x),
        lambda: F.hessian(lambda x: x * 2, x),
        lambda: F.hessian(lambda x: (x.sum(),), x),
        lambda: F.hessian(lambda x: x.sum(), [x]),
        lambda: F.hessian(lambda x: x.sum(), x, outer_jacobian_strategy="none"),
        lambda: F.jacobian(lambda x: x, x, strategy="none"),
        lambda: F.jacobian(lambda x: 1.0, x),
    )


# ---------------------------------------------------------------- torch.func


@program
def gradients_of_functions(torch: Any) -> Any:
    grad, value = torch.func.grad, torch.func.grad_and_value
    x, y = double(torch, 0.5, 1.0), double(torch, 3.0, 4.0)
    f = lambda x, y: (x**2 * y).sum()
    return (
        grad(f)(x, y),
        grad(f, argnums=1)(x, y),
        grad(f, argnums=(0, 1))(x, y),
        grad(f, argnums=-1)(x, y),
        grad(f, argnums=(1,))(x, y),
        grad(lambda x, y: (f(x, y), x * 2), has_aux=True)(x, y),
        grad(lambda x, y: (f(x, y), {"a": x * 2, "b": [y]}), has_aux=True)(x, y),
        value(f)(x, y),
        value(f, argnums=(0, 1))(x, y),
        value(lambda x, y: (f(x, y), x * 2), has_aux=True)(x, y),
        grad(lambda p: (p["a"] * p["b"][0]).sum())({"a": x, "b": (y, x)}),
        grad(lambda x, *, y: f(x, y))(x, y=y),
        grad(grad(lambda x: x**4))(number(torch, 2.0)),
        grad(grad(grad(lambda x: x**4)))(number(torch, 2.0)),
        grad(lambda x: x * grad(lambda y: x + y)(number(torch, 1.0)))(number(torch, 2.0)),
        grad(lambda x: grad(lambda y: x * y * y)(x))(number(torch, 2.0)),
        grad(lambda x: number(torch, 3.0))(x),
    )


@program
def gradients_join_the_graph_outside(torch: Any) -> Any:
    x, w = double(torch, 0.5, 1.0, grad=True), double(torch, 2.0, 3.0, grad=True)
    g = torch.func.grad(lambda x: (x**3 * w).sum())(x)
    total = torch.autograd.grad(g.sum(), (x, w))
    plain = torch.func.grad(lambda x: (x**3 * w.detach()).sum())(x.detach())
    with torch.no_grad():
        inside = torch.func.grad(lambda x: (x**3 * w).sum())(x)
    back = torch.func.vjp(lambda x: x**3 * w, x)[1](double(torch, 1.0, 2.0))[0]
    along = torch.func.jvp(lambda x: x**3 * w, (x,), (double(torch, 1.0, 2.0),))
    return (
        (g, total, plain, plain.requires_grad, inside, inside.requires_grad),
        (back, torch.autograd.grad(back.sum(), (x, w), retain_graph=True)),
        (along, torch.autograd.grad(along[1].sum(), (x, w))),
        x.grad is None,
    )


@program
def gradients_and_no_grad(torch: Any) -> Any:
    def f(x: Any) -> Any:
        with torch.no_grad():
            c = x**2
        return x - c

    with torch.no_grad():
        return torch.func.grad(f)(number(torch, 3.0)), torch.func.grad(lambda x: x**2)(number(torch, 3.0))


@program
def pulling_back(torch: Any) -> Any:
    x, y = double(torch, 0.5, 1.0), double(torch, 3.0, 4.0)
    out, back = torch.func.vjp(lambda x, y: {"p": x * y, "s": (x.sum(), [y])}, x, y)
    cotangent = {"p": double(torch, 1.0, 2.0), "s": (number(torch, 3.0), [double(torch, 1.0, 1.0)])}
    _, twice = torch.func.vjp(lambda x: x.exp(), x)
    return (
        out,
        back(cotangent),
        back(cotangent),
        twice(y),
        torch.func.vjp(lambda x: (x.exp(), x), x, has_aux=True)[2],
        torch.func.vjp(lambda x: (x.exp(), x), x, has_aux=True)[1](y),
        torch.func.vjp(lambda p: p["a"] * 2, {"a": x})[1](y),
        torch.func.vjp(lambda x, y: x * 2, x, y)[1](y),
        torch.func.grad(lambda x: torch.func.vjp(lambda t: t**3, x)[1](y)[0].sum())(x),
    )


@program
def pushing_forward(torch: Any) -> Any:
    x, y, v, w = double(torch, 0.5, 1.0), double(torch, 3.0, 4.0), double(torch, 1.0, -2.0), double(torch, 0.3, 0.7)
    jvp = torch.func.jvp
    return (
        jvp(lambda x: x.exp(), (x,), (v,)),
        jvp(lambda x, y: {"p": x * y, "s": (x.sum(), [y])}, (x, y), (v, w)),
        jvp(lambda p: p["a"] * 2, ({"a": x},), ({"a": v},)),
        jvp(lambda x: (x.exp(), x), (x,), (v,), has_aux=True),
        jvp(lambda x: (x.exp(), number(torch, 1.0)), (x,), (v,)),
        jvp(lambda x: jvp(lambda x: x**3, (x,), (v,))[1], (x,), (w,)),
        torch.func.grad(lambda x: jvp(lambda t: t**3, (x,), (v,))[1].sum())(x),
        jvp(torch.func.grad(lambda x: (x**3).sum()), (x,), (v,)),
        torch.func.linearize(lambda x: x.exp(), x)[1](v),
        torch.func.linearize(lambda x, y: (x * y, y), x, y)[1](v, w),
    )


@program
def matrices_of_functions(torch: Any) -> Any:
    x, y = double(torch, 0.5, 1.0, 2.0), double(torch, 3.0, 4.0)
    rows, columns, second = torch.func.jacrev, torch.func.jacfwd, torch.func.hessian
    f = lambda x, y: {"p": x[:2] * y, "s": (x.sum(), [y * y])}
    found: list[Any] = []
    for matrix in (rows, columns):
        found += [
            matrix(lambda x: x.exp())(x),
            matrix(lambda x: x.sum())(x),
            matrix(f)(x, y),
            matrix(f, argnums=1)(x, y),
            matrix(f, argnums=(0, 1))(x, y),
            matrix(f, argnums=(1,))(x, y),
            matrix(lambda p: p["a"] * p["b"])({"a": y, "b": y * 2}),
            matrix(lambda x: x.reshape(1, 3) * x.reshape(3, 1))(x),
            matrix(lambda x: (x.exp(), x * 2), has_aux=True)(x),
            matrix(matrix(lambda x: x**3))(x),
            matrix(lambda x: x.sin())(number(torch, 0.5)),
        ]
    return found, (
        rows(lambda x: x.exp(), chunk_size=1)(x),
        columns(rows(lambda x: x**3))(x),
        rows(columns(lambda x: x**3))(x),
        second(lambda x: (x**3).sum())(x),
        second(lambda x, y: x.sum() * y.prod(), argnums=(0, 1))(x, y),
        second(lambda x: x**3)(x),
        rows(rows(rows(lambda x: x**4)))(number(torch, 2.0)),
    )


@program
def wrong_functions(torch: Any) -> Any:
    x, whole = double(torch, 0.5, 1.0), torch.tensor([1, 2])
    F = torch.func
    return attempt(
        lambda: F.grad(lambda x: x)(x),
        lambda: F.grad(lambda x: 1.0)(x),
        lambda: F.grad(lambda x: (x.sum(), x.sum()))(x),
        lambda: F.grad(lambda x: x.sum(), has_aux=True)(x),
        lambda: F.grad(lambda x: x.sum(), argnums=1)(x),
        lambda: F.grad(lambda x: x.sum(), argnums=(0, 0))(x),
        lambda: F.grad(lambda x: x.sum(), argnums=())(x),
        lambda: F.grad(lambda x: x.sum())(whole),
        lambda: F.grad(lambda x, y: x.sum(), argnums=(0, 1))(x, 3.0),
        lambda: F.vjp(lambda x: x, x)[1]((x, x)),
        lambda: F.vjp(lambda x: x, x)[1](double(torch, 1.0)),
        lambda: F.vjp(lambda x: 1.0, x),
        lambda: F.vjp(lambda x: (), x),
        lambda: F.vjp(lambda x: None, x),
        lambda: F.vjp(lambda x: whole, x),
        lambda: F.vjp(lambda x: x, 1.0),
        lambda: F.jvp(lambda x: x, x, x),
        lambda: F.jvp(lambda x: x, (x,), (x, x)),
        lambda: F.jvp(lambda x: x, (x,), (double(torch, 1.0),)),
        lambda: F.jvp(lambda x: x, (x,), (1.0,)),
        lambda: F.jvp(lambda x: 1.0, (x,), (x,)),
        lambda: F.jvp(lambda x: double(torch, 1.0), (x,), (x,), strict=True),
        lambda: F.jacrev(lambda x: x, chunk_size=0)(x),
        lambda: F.jacrev(lambda x: 1.0)(x),
        lambda: F.jacrev(lambda x: x, argnums=2)(x),
        lambda: F.jacfwd(lambda x: x, argnums=2)(x),
        lambda: F.linearize(lambda x: x, x)[1](x, x),
        lambda: F.linearize(lambda x: x, x)[1](double(torch, 1.0)),
        lambda: F.vmap(lambda x: x)(3.0),
        lambda: F.vmap(lambda x: x)(),
        lambda: F.vmap(lambda x: x)(number(torch, 1.0)),
        lambda: F.vmap(lambda x: x, in_dims=1)(x),
        lambda: F.vmap(lambda x: x, in_dims=None)(x),
        lambda: F.vmap(lambda x: x, in_dims=(0, 0))(x),
        lambda: F.vmap(lambda x, y: x)(x, double(torch, 1.0, 2.0, 3.0)),
        lambda: F.vmap(lambda x: 1.0)(x),
        lambda: F.vmap(lambda x: (x, x), out_dims=(0, 0, 0))(x),
        lambda: F.vmap(lambda x: x, out_dims="0")(x),
        lambda: F.vmap(lambda x: x, randomness="none")(x),
        lambda: F.vmap(lambda x: x + torch.rand(2))(x),
        lambda: F.vmap(lambda x: x, chunk_size=0)(x),
    )


@program
def mapping_over_slices(torch: Any) -> Any:
    vmap = torch.func.vmap
    X = torch.arange(12.0, dtype=torch.float64).reshape(3, 4)
    Y = torch.arange(3.0, dtype=torch.float64)
    weights = double(torch, 1.0, 2.0, 3.0, 4.0, grad=True)
    loss = lambda w, x: (w * x).sum() ** 2
    outer = vmap(lambda x: x * weights)(X)
    return (
        vmap(lambda x: x.sum())(X),
        vmap(lambda x: x * 2, out_dims=1)(X),
        vmap(lambda x: x.sum(), in_dims=1)(X),
        vmap(lambda x: x.sum(), in_dims=-1)(X),
        vmap(lambda x, y: x * y)(X, Y),
        vmap(lambda x, y: x + y, in_dims=(0, None))(X, Y.sum()),
        vmap(lambda x, y: (x, {"y": y * 2}))(X, Y),
        vmap(lambda x, y: (x, y), out_dims=(1, 0))(X, Y),
        vmap(lambda p: p["a"].sum() * p["b"], in_dims=({"a": 0, "b": None},))({"a": X, "b": Y}),
        vmap(lambda x, scale=1.0: x * scale)(X, scale=2.0),
        vmap(vmap(lambda x: x * x))(X),
        vmap(torch.func.grad(loss), in_dims=(None, 0))(weights.detach(), X),
        torch.func.grad(lambda w: vmap(loss, in_dims=(None, 0))(w, X).sum())(weights.detach()),
        torch.autograd.grad(outer.sum(), weights),
        vmap(lambda x: x.sum(), chunk_size=2)(X),
        torch.func.jacrev(vmap(lambda x: (x * x).sum()))(X),
        vmap(lambda x: x.max(0))(X)[1],
    )


@program
def randomness_of_slices(torch: Any) -> Any:
    torch.manual_seed(3)
    same = torch.func.vmap(lambda x: x + torch.rand(2), randomness="same")(torch.zeros(3))
    torch.manual_seed(3)
    different = torch.func.vmap(lambda x: x + torch.rand(()), randomness="different")(torch.zeros(3))
    return same, different


# ---------------------------------------------------------------- grad


@program
def gradients_of_a_batch(torch: Any) -> Any:
    x, y = double(torch, 1.0, 2.0, grad=True), double(torch, 3.0, grad=True)
    out = x * x * y
    V = torch.eye(2, dtype=torch.float64)
    grad = torch.autograd.grad
    found = grad(out, (x, y), V, is_grads_batched=True, retain_graph=True)
    graph = grad(out, x, V, is_grads_batched=True, create_graph=True)
    pair = grad((out, out.sum()), x, (V, double(torch, 1.0, 2.0)), is_grads_batched=True, retain_graph=True)
    unused = grad(out, (x, double(torch, 1.0, grad=True)), V, is_grads_batched=True, allow_unused=True)
    return found, graph, grad(graph[0].sum(), x), pair, unused


@program
def gradient_edges(torch: Any) -> Any:
    G = torch.autograd.graph
    x = double(torch, 1.0, 2.0, grad=True)
    y = x * 3
    out = (y * y).sum()
    edge, leaf = G.get_gradient_edge(y), G.get_gradient_edge(x)
    found = torch.autograd.grad(out, (edge, leaf), retain_graph=True)
    from_edge = torch.autograd.grad(edge, x, grad_outputs=double(torch, 1.0, 10.0), retain_graph=True)
    torch.autograd.backward(out, inputs=[leaf])
    return (
        found,
        from_edge,
        x.grad,
        edge.output_nr,
        edge.node is y.grad_fn,
        leaf.node.variable is x,
        attempt(lambda: G.get_gradient_edge(x.detach())),
    )


@program
def hooks_on_several_gradients(torch: Any) -> Any:
    G = torch.autograd.graph
    x, y, z = (double(torch, float(i), grad=True) for i in (1, 2, 3))
    a = x * y
    out = (a * a * z).sum()
    seen: list[Any] = []
    keep = lambda gs: seen.append([None if g is None else g.clone() for g in gs])
    handle = G.register_multi_grad_hook((x, a, z), keep)
    out.backward(retain_graph=True)
    handle.remove()
    out.backward(retain_graph=True)
    first: list[Any] = []
    with G.register_multi_grad_hook((x, y, x.detach()), lambda g: first.append(g.clone()), mode="any"):
        out.backward(retain_graph=True)
        out.backward(retain_graph=True)
    out.backward()
    return (
        [[g for g in gs if g is not None] for gs in seen],
        len(first),
        attempt(
            lambda: G.register_multi_grad_hook((x,), keep, mode="some"),
        ),
    )


# ---------------------------------------------------------------- saved tensors


@program
def hooks_on_saved_tensors(torch: Any) -> Any:
    G = torch.autograd.graph
    packed: list[Any] = []
    unpacked: list[Any] = []

    def pack(t: Any) -> Any:
        packed.append((tuple(t.shape), t.requires_grad))
        return [t.detach().clone()]

    def unpack(held: Any) -> Any:
        unpacked.append(tuple(held[0].shape))
        return held[0]

    x, w = double(torch, 0.5, 1.0, grad=True), double(torch, 2.0, 3.0, grad=True)
    with G.saved_tensors_hooks(pack, unpack):
        y = (x.exp() * w).sum()
    count = len(packed)
    before = list(unpacked)
    grads = torch.autograd.grad(y, (x, w), create_graph=True)
    second = torch.autograd.grad(grads[0].sum(), x)
    return grads, second, count, before, sorted(unpacked)


@program
def nested_hooks_on_saved_tensors(torch: Any) -> Any:
    G = torch.autograd.graph
    x = double(torch, 0.5, 1.0, grad=True)
    seen: list[str] = []

    def hooks(name: str, factor: float) -> Any:
        return G.saved_tensors_hooks(lambda t: (seen.append(name), t * factor)[1], lambda t: t)

    with hooks("outer", 10.0):
        a = x.sin()
        with hooks("inner", 100.0):
            b = x.sin()
        c = x.sin()
    d = x.sin()
    found = [torch.autograd.grad(each.sum(), x)[0] for each in (a, b, c, d)]
    with torch.no_grad(), hooks("none", 1.0):
        x.sin()
    return found, seen


@program
def wrong_hooks_on_saved_tensors(torch: Any) -> Any:
    G = torch.autograd.graph
    x = double(torch, 0.5, 1.0, grad=True)
    same = lambda t: t

    def run(pack: Any, unpack: Any) -> Any:
        with G.saved_tensors_hooks(pack, unpack):
            y = (x * 1).sin()
        y.sum().backward()
        return x.grad

    def disabled() -> Any:
        with G.disable_saved_tensors_hooks("not here"):
            return run(same, same)

    def disabled_inside() -> Any:
        with G.saved_tensors_hooks(same, same), G.disable_saved_tensors_hooks("not here"):
            return 1

    def on_cpu() -> Any:
        with G.save_on_cpu():
            y = x.sin() * x
        return torch.autograd.grad(y.sum(), x)

    return attempt(
        lambda: run(same, lambda t: 3.0),
        lambda: run(lambda t: t.mul_(2), same),
        lambda: run(lambda t: 1 // 0, same),
        lambda: run(same, lambda t: 1 // 0),
        disabled,
        disabled_inside,
        on_cpu,
    )


@program
def writes_under_hooks(torch: Any) -> Any:
    """What a pack hook has copied may be overwritten."""
    G = torch.autograd.graph
    x = double(torch, 0.5, 1.0, grad=True)
    with G.saved_tensors_hooks(lambda t: t.clone(), lambda t: t):
        a = x * 1
        b = a * a
        a.add_(1)
        c = (x * 1).sin_()
    return torch.autograd.grad((b + c).sum(), x)


# ---------------------------------------------------------------- checkpoints


@program
def checkpoints(torch: Any) -> Any:
    C = torch.utils.checkpoint.checkpoint
    found: list[Any] = []
    for reentrant in (True, False):
        x, w = double(torch, 0.5, 1.0, grad=True), double(torch, 2.0, 3.0, grad=True)
        calls: list[int] = []

        def f(x: Any, scale: float, calls: Any = calls, w: Any = w) -> Any:
            calls.append(1)
            return (x.exp() * w).tanh() * scale, x.sum()

        out, total = C(f, x, 2.0, use_reentrant=reentrant)
        (out.sum() * total).backward()
        found.append((out, total, x.grad, w.grad, len(calls), out.requires_grad))
    return found


@program
def checkpoints_without_reentry(torch: Any) -> Any:
    C = torch.utils.checkpoint.checkpoint
    x, w = double(torch, 0.5, 1.0, grad=True), double(torch, 2.0, 3.0, grad=True)
    f = lambda x, *, w: (x.exp() * w).tanh() * x
    y = C(f, x, use_reentrant=False, w=w)
    first = torch.autograd.grad(y.sum(), (x, w), create_graph=True)
    second = torch.autograd.grad(first[0].sum(), (x, w))
    again = C(lambda x: C(lambda t: t.exp().sin(), x, use_reentrant=False).cos() * x, x, use_reentrant=False)
    nested = torch.autograd.grad(again.sum(), x, create_graph=True)
    z = C(f, x.detach(), use_reentrant=False, w=w)
    retained = C(f, x, use_reentrant=False, w=w).sum()
    twice = [torch.autograd.grad(retained, x, retain_graph=True) for _ in range(2)]
    tree = C(lambda d: {"a": d["x"] * d["x"], "b": [d["x"].exp()]}, {"x": x}, use_reentrant=False)
    return (
        (first, second),
        (nested, torch.autograd.grad(nested[0].sum(), x)),
        torch.autograd.grad(z.sum(), w),
        twice,
        torch.autograd.grad((tree["a"] + tree["b"][0]).sum(), x),
        torch.autograd.grad(C(lambda a, b: a * 2, x, None, use_reentrant=False).sum(), x),
    )


@program
def checkpoints_and_modes(torch: Any) -> Any:
    C = torch.utils.checkpoint.checkpoint
    x, w = double(torch, 0.5, 1.0), double(torch, 2.0, 3.0, grad=True)
    with torch.no_grad():
        silent = [C(lambda t: t * w, x, use_reentrant=flag).requires_grad for flag in (True, False)]
    unused = C(lambda t: t * w, x, use_reentrant=True)
    plain = C(lambda t: t * 2, x, use_reentrant=False)
    return silent, unused, unused.requires_grad, plain, plain.requires_grad


@program
def checkpoints_and_random_numbers(torch: Any) -> Any:
    C = torch.utils.checkpoint.checkpoint
    found: list[Any] = []
    for reentrant in (True, False):
        for preserve in (True, False):
            torch.manual_seed(1)
            x = torch.ones(4, requires_grad=True)
            y = C(lambda t: (t * torch.rand(4)).exp(), x, use_reentrant=reentrant, preserve_rng_state=preserve)
            between = torch.rand(1)
            y.sum().backward()
            found.append((y, between, x.grad, torch.rand(1)))
    return found


@program
def wrong_checkpoints(torch: Any) -> Any:
    C = torch.utils.checkpoint.checkpoint
    x = double(torch, 0.5, 1.0, grad=True)
    count = [0]

    def changes(t: Any) -> Any:
        count[0] += 1
        return t.exp().sin() if count[0] == 1 else t.reshape(2, 1).exp().sin()

    def shrinks(t: Any) -> Any:
        count[0] += 1
        return t.exp().sin() if count[0] == 1 else t.exp()

    def run(f: Any, **options: Any) -> Any:
        count[0] = 0
        y = C(f, x, use_reentrant=False, **options).sum()
        return torch.autograd.grad(y, x)

    def modified() -> Any:
        a = x * 1
        y = C(lambda t: t.exp().sin(), a, use_reentrant=False)
        with torch.no_grad():
            a.add_(1)
        return torch.autograd.grad(y.sum(), x)

    def raises() -> Any:
        count[0] = 0

        def f(t: Any) -> Any:
            count[0] += 1
            return t.exp() if count[0] == 1 else 1 // 0

        return run(f)

    return attempt(
        lambda: run(changes),
        lambda: run(shrinks),
        lambda: run(shrinks, debug=True),
        modified,
        raises,
        lambda: C(lambda t, s: t, x, use_reentrant=True, s=1),
        lambda: C(lambda t: t, x, use_reentrant=True, debug=True),
        lambda: run(lambda t: t.exp().sin(), determinism_check="all"),
    )


@program
def sequences_of_checkpoints(torch: Any) -> Any:
    C = torch.utils.checkpoint.checkpoint_sequential
    found: list[Any] = []
    for reentrant in (True, False):
        for segments in (1, 2, 3):
            x = double(torch, 0.5, 1.0, grad=True)
            chain = [torch.exp, torch.sin, lambda t: t * t, torch.tanh, torch.cos]
            y = C(chain, segments, x, use_reentrant=reentrant)
            y.sum().backward()
            found.append((y, x.grad))
    return found


@program
def contexts_of_checkpoints(torch: Any) -> Any:
    C = torch.utils.checkpoint.checkpoint
    seen: list[str] = []

    class Note:
        def __init__(self, name: str) -> None:
            self.name = name

        def __enter__(self) -> None:
            seen.append(self.name)

        def __exit__(self, *_: object) -> None:
            seen.append("end of " + self.name)

    x = double(torch, 0.5, 1.0, grad=True)
    y = C(lambda t: t.exp().sin(), x, use_reentrant=False, context_fn=lambda: (Note("forward"), Note("again")))
    y.sum().backward()
    return seen, x.grad


@program
def sweeps_inside_checkpoints(torch: Any) -> Any:
    """A gradient penalty, taken inside of the checkpointed function."""
    C = torch.utils.checkpoint.checkpoint
    x, w = double(torch, 0.5, 1.0, grad=True), double(torch, 2.0, 3.0, grad=True)

    def f(x: Any) -> Any:
        (g,) = torch.autograd.grad((x**3 * w).sum(), x, create_graph=True)
        return (g * g).sum() + x.exp().sum()

    y = C(f, x, use_reentrant=False)
    return y, torch.autograd.grad(y, (x, w))


# ---------------------------------------------------------------- anomaly mode


@program
def anomalies(torch: Any) -> Any:
    A = torch.autograd
    states: list[Any] = [torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()]

    def run(**options: Any) -> Any:
        x = double(torch, -1.0, 1.0, grad=True)
        with A.set_detect_anomaly(True, **options):
            states.append((torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()))
            y = x.sqrt().sum()
            y.backward()
        return x.grad

    def only_backward() -> Any:
        x = double(torch, -1.0, 1.0, grad=True)
        y = x.sqrt().sum()
        with A.set_detect_anomaly(True):
            y.backward()

    def fine() -> Any:
        x = double(torch, 1.0, 2.0, grad=True)
        with A.set_detect_anomaly(True):
            g = torch.autograd.grad((x.sqrt() * x).sum(), x, create_graph=True)
            return g, torch.autograd.grad(g[0].sum(), x)

    found = attempt(run, lambda: run(check_nan=False), only_backward, fine)
    A.set_detect_anomaly(True)
    states.append(torch.is_anomaly_enabled())
    A.set_detect_anomaly(False)
    return found, states, torch.is_anomaly_enabled()


# ---------------------------------------------------------------- Function


def scale(torch: Any) -> Any:
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, factor: float, flag: Any = None) -> Any:
            ctx.save_for_backward(x)
            ctx.factor = factor
            return x * x * factor

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 2 * x * ctx.factor * g, None, None

    return Scale


@program
def functions_and_arguments(torch: Any) -> Any:
    Scale = scale(torch)
    x = double(torch, 1.0, 2.0, grad=True)
    y = Scale.apply(x, 3.0)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return (
        y,
        g,
        torch.autograd.grad(g.sum(), x),
        y.grad_fn.name(),
        Scale.apply(x, 3.0, "flag"),
        Scale.apply(x.detach(), 3.0).requires_grad,
        attempt(
            lambda: Scale.apply(x),
            lambda: torch.autograd.grad(Scale.apply(x, flag=1, factor=3.0).sum(), x),
            lambda: torch.autograd.grad(Scale.apply(x, 3.0, flag=None).sum(), x),
            lambda: Scale.apply(x, 3.0, scale=1),
            lambda: Scale()(x),
            lambda: torch.autograd.Function.apply(x),
            lambda: torch.autograd.Function.forward(None, x),
            lambda: torch.autograd.Function.backward(None, x),
            lambda: torch.autograd.Function.jvp(None, x),
            lambda: torch.autograd.Function.vmap(None, None, x),
            lambda: torch.autograd.Function.setup_context(None, (), x),
        ),
    )


@program
def functions_with_setup_context(torch: Any) -> Any:
    class Scale(torch.autograd.Function):
        @staticmethod
        def forward(x: Any, factor: float = 2.0) -> Any:
            return x * factor

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.count = len(inputs)
            _, ctx.factor = inputs

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.factor, None

    x = double(torch, 1.0, 2.0, grad=True)
    return [torch.autograd.grad(y.sum(), x) for y in (Scale.apply(x, 3.0), Scale.apply(x), Scale.apply(x, factor=5.0))]


@program
def functions_with_vjp(torch: Any) -> Any:
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def vjp(ctx: Any, g: Any) -> Any:
            return g * 2

    class Both(Double):
        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    class Neither(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

    x = double(torch, 1.0, grad=True)
    return attempt(*[lambda kind=kind: torch.autograd.grad(kind.apply(x), x) for kind in (Double, Both, Neither)])


@program
def functions_that_keep_results_apart(torch: Any) -> Any:
    seen: list[Any] = []

    class Three(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, materialize: bool) -> Any:
            ctx.set_materialize_grads(materialize)
            index = torch.tensor([1, 2])
            constant = x * 3
            ctx.mark_non_differentiable(constant)
            return x * 2, index, constant, "text", x.exp()

        @staticmethod
        def backward(ctx: Any, *gs: Any) -> Any:
            seen.append([None if g is None else g.tolist() for g in gs])
            return sum(g for g in (gs[0], gs[4]) if g is not None), None

    x = double(torch, 1.0, 2.0, grad=True)
    found = []
    for materialize in (True, False):
        a, index, constant, text, e = Three.apply(x, materialize)
        found.append((a, index, constant, text, e, [t.requires_grad for t in (a, index, constant, e)]))
        found.append(torch.autograd.grad(e.sum(), x))
    return found, [[row[0], row[4]] for row in seen], a.output_nr, e.output_nr, type(Three.apply(x, True)) is tuple


@program
def functions_that_write(torch: Any) -> Any:
    def dirty(wrong: Any = None) -> Any:
        class Dirty(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                x.mul_(2) if wrong != "leaf" else None
                if wrong != "unmarked":
                    ctx.mark_dirty(x)
                return x * 1 if wrong == "not returned" else x

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                return g * 2

        return Dirty

    def run(wrong: Any = None, leaf: bool = False) -> Any:
        x = double(torch, 1.0, 2.0, grad=True)
        a = x if leaf else x * 3
        y = dirty(wrong).apply(a)
        return y is a, y, torch.autograd.grad((a * a).sum(), x), a._version

    def saved_before() -> Any:
        x = double(torch, 1.0, 2.0, grad=True)
        a = x * 3
        b = a.exp() * a
        dirty().apply(a)
        return torch.autograd.grad(b.sum(), x)

    def through_a_view() -> Any:
        x = double(torch, 1.0, 2.0, grad=True)
        a = x * 3
        dirty().apply(a[:1])
        return a, torch.autograd.grad((a * a).sum(), x)

    def plain() -> Any:
        a = double(torch, 1.0, 2.0)
        y = dirty().apply(a)
        return y is a, a, a.requires_grad

    return attempt(run, lambda: run("not returned"), lambda: run(leaf=True), saved_before, through_a_view, plain)


@program
def functions_that_return_their_input(torch: Any) -> Any:
    class Same(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 5

    class View(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.view(-1)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return (g * 5).view(2, 1)

    x = double(torch, 1.0, 2.0, grad=True)
    y = Same.apply(x)
    z = View.apply((x * 1).reshape(2, 1))

    def write(t: Any) -> Any:
        t.mul_(2)
        return torch.autograd.grad(t.sum(), x)

    return (
        y is x,
        y.is_leaf,
        y,
        torch.autograd.grad(y.sum(), x, retain_graph=True),
        torch.autograd.grad(z.sum(), x, retain_graph=True),
        Same.apply(x.detach()).requires_grad,
    )


@program
def functions_with_wrong_gradients(torch: Any) -> Any:
    def run(answer: Any, *rest: Any) -> Any:
        class Wrong(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any, *rest: Any) -> Any:
                return x * 2

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                return answer(g)

        x = double(torch, 1.0, 2.0, grad=True)
        return torch.autograd.grad(Wrong.apply(x, *rest).sum(), x)

    return attempt(
        lambda: run(lambda g: (g, g)),
        lambda: run(lambda g: (g, None)),
        lambda: run(lambda g: g, 3),
        lambda: run(lambda g: (g, g), 3),
        lambda: run(lambda g: g[:1]),
        lambda: run(lambda g: g.sum()),
        lambda: run(lambda g: g.float()),
        lambda: run(lambda g: g.reshape(1, 2)),
        lambda: run(lambda g: g.tolist()),
        lambda: run(lambda g: 1 // 0),
        lambda: run(lambda g: None),
    )


@program
def contexts_of_functions(torch: Any) -> Any:
    log: list[Any] = []

    class Log(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any, n: Any, z: Any) -> Any:
            log.append(ctx.needs_input_grad)
            log.append(torch.is_grad_enabled())
            log.append(x.requires_grad)
            ctx.save_for_backward(x, None, y)
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, nothing, y = ctx.saved_tensors
            log.append((nothing, ctx.needs_input_grad, torch.is_grad_enabled(), x.requires_grad))
            return g * y, g * x, None, None

    x, y, z = double(torch, 2.0, grad=True), double(torch, 3.0), double(torch, 3.0, grad=True)
    out = Log.apply(x, y, 3, z)
    found = [torch.autograd.grad(out, x, create_graph=True)]
    out = Log.apply(x, z, None, y)
    found += [torch.autograd.grad(out, z, retain_graph=True), torch.autograd.grad(out, x)]
    return (
        found,
        log,
        attempt(
            lambda: torch.autograd.grad(out, x),
            lambda: saving_a_number(torch).apply(x),
        ),
    )


def saving_a_number(torch: Any) -> Any:
    class Saving(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x, 3.0)
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    return Saving


@program
def differentiating_once(torch: Any) -> Any:
    once = torch.autograd.function.once_differentiable

    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        @once
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * x * x * g

    x = double(torch, 2.0, grad=True)
    first = torch.autograd.grad(Once.apply(x), x)
    v = double(torch, 1.0, grad=True)
    (again,) = torch.autograd.grad(Once.apply(x), x, v, create_graph=True)
    return first, again, again.requires_grad, attempt(lambda: torch.autograd.grad(again, x), lambda: again.backward())


@program
def functions_in_functions_of_functions(torch: Any) -> Any:
    class Cube(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Any) -> Any:
            return x**3

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * x * x * g

    x = double(torch, 1.0, 2.0)
    f = lambda x: Cube.apply(x).sum()
    return (
        torch.func.grad(f)(x),
        torch.func.jacrev(Cube.apply)(x),
        torch.func.vmap(Cube.apply)(x),
        torch.func.vmap(torch.func.grad(f))(x),
        torch.func.grad(torch.func.grad(f))(number(torch, 2.0)),
        torch.autograd.functional.hessian(f, x),
    )


@program
def functions_under_hooks(torch: Any) -> Any:
    Scale = scale(torch)
    packed: list[Any] = []
    x = double(torch, 1.0, 2.0, grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: (packed.append(1), t * 10)[1], lambda t: t):
        y = Scale.apply(x, 3.0)
    checked = torch.utils.checkpoint.checkpoint(lambda t: Scale.apply(t.exp(), 3.0), x, use_reentrant=False)
    (g,) = torch.autograd.grad(checked.sum(), x, create_graph=True)
    return torch.autograd.grad(y.sum(), x), packed, g, torch.autograd.grad(g.sum(), x)


@program
def variables(torch: Any) -> Any:
    V = torch.autograd.Variable
    x = V(torch.tensor([1.0, 2.0]), requires_grad=True)
    given = torch.ones(2)
    v = V(given)
    w = V(given, requires_grad=False)
    (x * x).sum().backward()
    y = x * 2
    return (
        (x, x.grad, x.is_leaf, isinstance(x, V), isinstance(3, V)),
        (v, v.requires_grad, w, v.data_ptr() == given.data_ptr(), v is given),
        (V(y).requires_grad, V(y, True).is_leaf, V(None), V()),
        attempt(lambda: V([1.0]), lambda: V(torch.tensor([1]), requires_grad=True)),
    )


@program
def gradchecks(torch: Any) -> Any:
    A = torch.autograd
    x, y = double(torch, 0.5, 1.0, grad=True), double(torch, 2.0, grad=True)
    Wrong = wrong_cube(torch)
    check, twice = A.gradcheck, A.gradgradcheck
    options = {"check_batched_grad": True, "check_grad_dtypes": True, "nondet_tol": 1e-9, "masked": False}
    return attempt(
        lambda: check(lambda x: x.exp(), (x,)),
        lambda: check(lambda x, y: (x * y, x.sum()), (x, y), **options),
        lambda: check(lambda x, y: x * y, (x, y), fast_mode=True),
        lambda: check(lambda x, y: x * y, (x, y), check_forward_ad=True, check_undefined_grad=False),
        lambda: check(lambda x: x.exp(), x, eps=1e-5, atol=1e-4, rtol=1e-2),
        lambda: check(Wrong.apply, x),
        lambda: check(Wrong.apply, x, raise_exception=False),
        lambda: check(Wrong.apply, x, fast_mode=True),
        lambda: check(Wrong.apply, x, fast_mode=True, raise_exception=False),
        lambda: check(lambda x: x.exp(), x.detach()),
        lambda: check(lambda x: x.exp(), (x,), check_backward_ad=False),
        lambda: twice(lambda x: x**3, (x,)),
        lambda: twice(lambda x: x**3, (x,), double(torch, 1.0, 2.0, grad=True)),
        lambda: twice(lambda x, y: x**3 * y, (x, y), gen_non_contig_grad_outputs=True),
        lambda: twice(lambda x: x**3, (x,), fast_mode=True, check_batched_grad=True),
        lambda: twice(lambda x: x**3, (x,), check_fwd_over_rev=True),
        lambda: twice(Wrong.apply, (x,)),
        lambda: twice(lambda x: x**3, (x,), check_rev_over_rev=False),
        lambda: check(lambda x: x.exp(), torch.ones(2, requires_grad=True), eps=1e-2, atol=1e-1, rtol=1e-1),
    )


def wrong_cube(torch: Any) -> Any:
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * x * x.detach() * g * 1.1

    return Wrong
