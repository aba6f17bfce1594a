"""The translation table: PyTorch's documented examples, in TinyTorch's words.

An example is a run of statements from the docstring of a name of PyTorch (``of``, ``statements``). What it needs
(``takes``: the values of its variables, the random ones too) comes from PyTorch's own run of them; ``ours`` is written
for TinyTorch; and each of ``gives`` must be what PyTorch's variable of that name is. ``r2`` is the value of the third
statement, where that is an expression. ``holds`` must be true where chance decides the result itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """Some statements of one docstring, and the same for TinyTorch; or a reason why they cannot run on it."""

    of: str
    statements: tuple[int, int]
    takes: str = ""
    ours: str = ""
    gives: str = ""
    holds: str = ""
    reason: str = ""

    @property
    def key(self) -> str:
        return f"{self.of}[{self.statements[0]}:{self.statements[1]}]"


def activation(of: str, ours: str) -> Example:
    return Example(of, (0, 3), "input", f"output = {ours}(input)", "output")


def method(of: str, statements: tuple[int, int], ours: str, takes: str = "a") -> Example:
    """An example whose last statement is an expression."""
    result = f"r{statements[1] - statements[0] - 1}"
    return Example(of, statements, takes, f"{result} = {ours}", result)


def missing(of: str, statements: tuple[int, int], reason: str) -> Example:
    return Example(of, statements, reason=reason)


PAIRS = "max and min of TinyTorch give values, not pairs of values and indices; argmax gives an index"
SHARES = "targets of CrossEntropyLoss are class numbers here, not probabilities"
PLACEHOLDER = "the docstring's own placeholders (model, train, ...) do not run"
EXAMPLES = (
    activation("torch.nn.ReLU", "ReLU()"),
    missing("torch.nn.ReLU", (3, 6), "no cat"),
    activation("torch.nn.Sigmoid", "Sigmoid()"),
    activation("torch.nn.Tanh", "Tanh()"),
    missing("torch.nn.GELU", (0, 3), "its exact form needs the error function, which NumPy lacks"),
    activation("torch.nn.Softmax", "Softmax(dim=1)"),
    activation("torch.nn.LogSoftmax", "LogSoftmax(dim=1)"),
    Example(
        "torch.nn.Linear", (0, 4), "input m",
        "own = Linear(20, 30)\nown.load_state_dict(m)\noutput = own(input)", "output",
    ),
    Example(
        "torch.nn.Dropout", (0, 3), "input", "output = Dropout(p=0.2)(input)",
        holds="np.all((output.data == 0) | np.isclose(output.data, input.data / 0.8)) and (output.data == 0).any()",
    ),
    Example("torch.nn.Flatten", (0, 4), "input", "output = Flatten()(input)\nr3 = output.shape", "output r3"),
    Example("torch.nn.Flatten", (4, 7), "input", "output = Flatten(0, 2)(input)\nr2 = output.shape", "output r2"),
    Example(
        "torch.nn.MSELoss", (0, 5), "input target", "output = MSELoss()(input, target)\noutput.backward()",
        "output input.grad",
    ),
    Example(
        "torch.nn.CrossEntropyLoss", (0, 5), "input target",
        "output = CrossEntropyLoss()(input, target)\noutput.backward()", "output input.grad",
    ),
    missing("torch.nn.CrossEntropyLoss", (5, 20), SHARES),
    missing("torch.nn.BCEWithLogitsLoss", (0, 5), "no pos_weight"),
    Example(
        "torch.nn.BCEWithLogitsLoss", (5, 10), "input target",
        "output = BCEWithLogitsLoss()(input, target)\noutput.backward()", "output input.grad",
    ),
    missing("torch.optim.SGD", (0, 4), PLACEHOLDER),
    missing("torch.optim.lr_scheduler.StepLR", (0, 5), PLACEHOLDER),
    missing("torch.optim.lr_scheduler.CosineAnnealingLR", (0, 6), PLACEHOLDER),
    Example(
        "torch.no_grad", (0, 3), "x", "with no_grad():\n    y = x * 2\nr2 = y.requires_grad", "y r2",
    ),
    Example(
        "torch.no_grad", (3, 6), "x",
        "@no_grad()\ndef doubler(x):\n    return x * 2\nz = doubler(x)\nr2 = z.requires_grad", "z r2",
    ),
    Example(
        "torch.no_grad", (6, 9), "x",
        "@no_grad\ndef tripler(x):\n    return x * 3\nz = tripler(x)\nr2 = z.requires_grad", "z r2",
    ),
    Example(
        "torch.no_grad", (9, 11), "", "with no_grad():\n    a = Parameter(np.zeros(10))\nr1 = a.requires_grad", "r1",
    ),
    method("torch.tensor", (0, 1), "Tensor([[0.1, 1.2], [2.2, 3.1], [4.9, 5.2]])", ""),
    method("torch.tensor", (1, 2), "Tensor([0, 1])", ""),
    missing("torch.tensor", (2, 3), "no device but the processor"),
    method("torch.tensor", (3, 4), "Tensor(3.14159)", ""),
    method("torch.tensor", (4, 5), "Tensor([])", ""),
    method("torch.add", (0, 3), "a + 20"),
    missing("torch.add", (3, 8), "no alpha: write b + 10 * c"),
    *(
        method("torch.matmul", (start, start + 3), "(tensor1 @ tensor2).shape", "tensor1 tensor2")
        for start in range(0, 15, 3)
    ),
    method("torch.sum", (0, 3), "a.sum()"),
    method("torch.sum", (3, 6), "a.sum(1)"),
    method("torch.sum", (6, 8), "b.sum((2, 1))", "b"),
    method("torch.mean", (0, 3), "a.mean()"),
    method("torch.mean", (3, 6), "a.mean(1)"),
    method("torch.mean", (6, 7), "a.mean(1, True)"),
    method("torch.var", (0, 2), "a.var(dim=1, keepdim=True)"),
    method("torch.max", (0, 3), "a.max()"),
    missing("torch.max", (3, 9), PAIRS),
    method("torch.min", (0, 3), "a.min()"),
    missing("torch.min", (3, 6), PAIRS),
    method("torch.amax", (0, 3), "a.max(1)"),
    method("torch.argmax", (0, 3), "a.argmax()"),
    method("torch.argmax", (3, 6), "a.argmax(dim=1)"),
    method("torch.exp", (0, 1), "Tensor([0, math.log(2.0)]).exp()", ""),
    method("torch.log", (0, 3), "a.log()"),
    missing("torch.sqrt", (0, 3), "its input has negative numbers: nan, with a warning from NumPy"),
    method("torch.abs", (0, 1), "Tensor([-1, -2, 3]).abs()", ""),
    method("torch.reshape", (0, 2), "a.reshape((2, 2))"),
    method("torch.reshape", (2, 4), "b.reshape((-1,))", "b"),
    method("torch.transpose", (0, 3), "x.transpose(0, 1)", "x"),
    method("torch.permute", (0, 3), "x.permute((2, 0, 1)).shape", "x"),
    method("torch.pow", (0, 3), "a ** 2"),
    method("torch.pow", (3, 8), "a ** exp", "a exp"),
    method("torch.pow", (8, 11), "2 ** exp", "exp"),
    missing("torch.sub", (0, 3), "no alpha: write a - 2 * b"),
    method("torch.mul", (0, 3), "a * 100"),
    method("torch.mul", (3, 8), "b * c", "b c"),
    method("torch.div", (0, 2), "x / 0.5", "x"),
    method("torch.div", (2, 5), "a / b", "a b"),
    missing("torch.div", (5, 7), "no rounding_mode"),
    method("torch.neg", (0, 3), "-a"),
    method("torch.flatten", (0, 2), "t.flatten()", "t"),
    method("torch.flatten", (2, 3), "t.flatten(start_dim=1)", "t"),
    Example("torch.squeeze", (0, 4), "x", "y = x.squeeze()\nr3 = y.shape", "y r3"),
    Example("torch.squeeze", (4, 6), "x", "y = x.squeeze(0)\nr1 = y.shape", "r1"),
    Example("torch.squeeze", (6, 8), "x", "y = x.squeeze(1)\nr1 = y.shape", "r1"),
    Example("torch.squeeze", (8, 9), "x", "y = x.squeeze((1, 2, 3))", "y"),
    method("torch.unsqueeze", (0, 2), "x.unsqueeze(0)", "x"),
    method("torch.unsqueeze", (2, 3), "x.unsqueeze(1)", "x"),
    method("torch.Tensor.item", (0, 2), "x.item()", "x"),
    method("torch.Tensor.tolist", (0, 2), "a.tolist()"),
    method("torch.Tensor.tolist", (2, 3), "a[0, 0].tolist()"),
    Example("torch.Tensor.view", (0, 6), "x", "y = x.view(16)\nz = x.view(-1, 8)\nr5 = z.shape", "y z r5"),
    Example("torch.Tensor.view", (6, 12), "a", "b = a.transpose(1, 2)\nc = a.view(1, 3, 2, 4)", "b c"),
    missing("torch.Tensor.view", (12, 24), "no equal, and no view of the bytes as another type"),
    missing("torch.nn.Module.parameters", (0, 2), PLACEHOLDER),
    missing("torch.nn.Module.named_parameters", (0, 3), PLACEHOLDER),
    missing("torch.nn.Module.state_dict", (0, 1), PLACEHOLDER),
    Example(
        "torch.nn.Module.named_modules", (0, 2), "",
        "l = Linear(2, 2)\nnames = [name for name, _ in Sequential(l, l).named_modules()]", holds="names == ['', '0']",
    ),
    missing("torch.nn.Module.named_modules", (2, 3), "it prints what the line above compares"),
)  # fmt: skip

# Every name that a student imports: which names of PyTorch are its counterpart, or why there is none.
NO_EXAMPLES = "PyTorch documents it without an example that runs"
COUNTERPARTS = {
    "Tensor": (
        *(
            "torch.tensor",
            "torch.add",
            "torch.matmul",
            "torch.sum",
            "torch.mean",
            "torch.var",
            "torch.max",
            "torch.min",
        ),
        *("torch.amax", "torch.argmax", "torch.exp", "torch.log", "torch.sqrt", "torch.abs", "torch.reshape"),
        *("torch.transpose", "torch.permute", "torch.pow", "torch.sub", "torch.mul", "torch.div", "torch.neg"),
        *("torch.flatten", "torch.squeeze", "torch.unsqueeze", "torch.Tensor.item", "torch.Tensor.tolist"),
        "torch.Tensor.view",
    ),
    "no_grad": ("torch.no_grad",),
    "ReLU": ("torch.nn.ReLU",),
    "Sigmoid": ("torch.nn.Sigmoid",),
    "Tanh": ("torch.nn.Tanh",),
    "GELU": ("torch.nn.GELU",),
    "Softmax": ("torch.nn.Softmax",),
    "LogSoftmax": ("torch.nn.LogSoftmax",),
    "Linear": ("torch.nn.Linear",),
    "Dropout": ("torch.nn.Dropout",),
    "Flatten": ("torch.nn.Flatten",),
    "Module": (
        *("torch.nn.Module.parameters", "torch.nn.Module.named_parameters", "torch.nn.Module.state_dict"),
        "torch.nn.Module.named_modules",
    ),
    "MSELoss": ("torch.nn.MSELoss",),
    "CrossEntropyLoss": ("torch.nn.CrossEntropyLoss",),
    "BCEWithLogitsLoss": ("torch.nn.BCEWithLogitsLoss",),
    "SGD": ("torch.optim.SGD",),
    "StepLR": ("torch.optim.lr_scheduler.StepLR",),
    "CosineAnnealingLR": ("torch.optim.lr_scheduler.CosineAnnealingLR",),
    **dict.fromkeys(
        ("Parameter", "Sequential", "Adam", "AdamW", "Optimizer", "backward", "clip_grad_norm"), NO_EXAMPLES
    ),
    "op": "registers an operation of TinyTorch",
    "apply": "runs an operation of TinyTorch by its name",
    "gradient_of": "registers a gradient rule of TinyTorch",
    "check_gradients": "torch.autograd.gradcheck has no example, and works in float64 only",
    "Trainer": "PyTorch has no trainer of its own",
    "accuracy": "PyTorch leaves it to torchmetrics",
    "save_checkpoint": "torch.save takes any object; this is a format of TinyTorch",
    "load_checkpoint": "torch.load takes any object; this is a format of TinyTorch",
}
