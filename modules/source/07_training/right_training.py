"""Right answers to module 07, written differently: none of them may fail a check."""

from __future__ import annotations

ACCURACY = """
predictions, labels = to_array(predictions), to_array(labels)
n = predictions.shape[0] if predictions.ndim else 0
if predictions.ndim not in (1, 2) or n == 0:
    raise ValueError(f"predictions are {predictions.shape}")
if labels.ndim == 0 or labels.size != n or labels.shape[0] != n or labels.ndim > 2:
    hint = " use labels.argmax(axis=1)" if labels.shape == predictions.shape else ""
    raise ValueError(f"{predictions.shape} against {labels.shape}{hint}")
"""
EPISODE = """
if patience is not None and validation is None:
    raise ValueError("give validation=(x, y)")
"""

RIGHT: dict[str, dict[str, list[str]]] = {
    "07-accuracy": {
        "a loop": [
            ACCURACY
            + """
right = 0
for row, label in zip(predictions, labels.reshape(-1).tolist()):
    row = np.atleast_1d(row)
    if len(row) > 1:
        answer = np.argmax(row)
    elif row.dtype.kind == "f":
        if label not in (0, 1):
            raise ValueError(f"label {label} is neither")
        answer = row[0] > 0
    else:
        answer = row[0]
    right += int(answer == label)
return right / n
"""
        ],
        "columns of answers": [
            ACCURACY
            + """
labels = labels.reshape(-1, 1)
if predictions.size > n:
    answers = predictions.argmax(axis=-1).reshape(-1, 1)
elif np.issubdtype(predictions.dtype, np.floating):
    for label in labels[:, 0]:
        if label != 0 and label != 1:
            raise ValueError(f"there is a label {label}")
    answers = (predictions > 0).astype(int).reshape(-1, 1)
else:
    answers = predictions.reshape(-1, 1)
return (answers == labels).mean().item()
"""
        ],
        "counted": [
            ACCURACY
            + """
flat = np.ravel(labels)
if predictions.ndim == 2 and predictions.shape[1] >= 2:
    answers = np.argmax(predictions, axis=1)
else:
    answers = np.ravel(predictions)
    if answers.dtype.kind == "f":
        bad = ~np.isin(flat, (0, 1))
        if bad.any():
            raise ValueError(f"label {flat[bad.argmax()]}")
        answers = np.where(answers > 0, 1, 0)
return float(np.count_nonzero(answers == flat) / len(flat))
"""
        ],
    },
    "07-clip": {
        "loops over parameters": [
            """
if hasattr(parameters, "parameters"):
    raise TypeError("give me model.parameters()")
if max_norm < 0:
    raise ValueError(f"max_norm {max_norm} is negative")
if isinstance(parameters, Tensor):
    parameters = [parameters]
total, moved = 0.0, []
for parameter in parameters:
    if parameter.grad is None:
        continue
    if not isinstance(parameter.grad, np.ndarray):
        raise TypeError(f"its grad is of type {type(parameter.grad).__name__}")
    moved.append(parameter)
    total += (parameter.grad.astype(np.float64) ** 2).sum().item()
norm = total**0.5
if norm > max_norm and np.isfinite(norm):
    for parameter in moved:
        np.multiply(parameter.grad, max_norm / norm, out=parameter.grad)
return norm
"""
        ],
        "one long vector": [
            """
if hasattr(parameters, "parameters"):
    raise TypeError("write model.parameters()")
if not max_norm >= 0:
    raise ValueError(f"not {max_norm}")
parameters = [parameters] if isinstance(parameters, Tensor) else [*parameters]
with_grad = [p for p in parameters if p.grad is not None]
if not with_grad:
    return 0.0
for p in with_grad:
    if not isinstance(p.grad, np.ndarray):
        raise TypeError(f"grad must be an array, not {type(p.grad).__name__}")
vector = np.concatenate([np.ravel(p.grad).astype(np.float64) for p in with_grad])
norm = float(np.linalg.norm(vector))
if math.isfinite(norm) and norm > max_norm:
    for p in with_grad:
        p.grad[...] = p.grad * (max_norm / norm)
return norm
"""
        ],
        "hypot": [
            """
if not isinstance(parameters, Tensor) and hasattr(parameters, "parameters"):
    raise TypeError("a model: model.parameters() is meant")
if math.isnan(max_norm) or max_norm < 0:
    raise ValueError(f"max_norm={max_norm}")
grads = [p.grad for p in ([parameters] if isinstance(parameters, Tensor) else parameters) if p.grad is not None]
kinds = [type(g).__name__ for g in grads if not isinstance(g, np.ndarray)]
if kinds:
    raise TypeError(f"grad is no array but {kinds[0]}")
norm = math.hypot(*(float(np.linalg.norm(g.astype(np.float64))) for g in grads))
scale = max_norm / norm if norm > max_norm and norm != math.inf else 1
for g in grads:
    if scale != 1:
        g *= scale
return norm
"""
        ],
    },
    "07-fakes": {
        "negative numbers": [
            """
FOR_EACH_ALONE = np.array([-5.0]), np.array([-5.0])
FOR_ALWAYS_TO_ONE = np.array([-0.1, 0.2]), np.array([0.3])
FOR_IN_FLOAT32 = np.array([-3e30, 2.0]), np.array([1.0])
"""
        ],
        "integers": [
            """
FOR_EACH_ALONE = np.array([3, 4]), np.array([12])
FOR_ALWAYS_TO_ONE = np.array([0.5]), np.array([0.0])
FOR_IN_FLOAT32 = np.array([10.0**20]), np.array([0.0])
"""
        ],
        "float32 and longer": [
            """
FOR_EACH_ALONE = np.ones(7, np.float32), np.ones(5, np.float32)
FOR_ALWAYS_TO_ONE = np.full(3, 0.01, np.float32), np.zeros(4, np.float32)
FOR_IN_FLOAT32 = np.full(3, 1e30, np.float32), np.zeros(4, np.float32)
"""
        ],
    },
    "07-finite": {
        "sums": [
            """
first = next((name for name, array in arrays.items() if not np.isfinite(array).all()), None)
if first is None:
    sizes = [(np.abs(array).max(), name) for name, array in arrays.items() if array.size]
    return FloatingPointError(f"the {what} is {value}: look at {max(sizes)[1]}")
count = (~np.isfinite(arrays[first])).sum()
return FloatingPointError(f"the {what} is {value}: {first} ({count} of {arrays[first].size} numbers)")
"""
        ],
        "nan or inf": [
            """
largest, size = "", -1.0
for name, array in arrays.items():
    bad = np.count_nonzero(np.isnan(array) | np.isinf(array))
    if bad > 0:
        return FloatingPointError(f"the {what} is {value}. In {name} ({bad} of {np.size(array)} numbers)")
    if array.size and np.abs(array).max() > size:
        largest, size = name, np.abs(array).max()
return FloatingPointError(f"the {what} is {value}. Largest: {largest}")
"""
        ],
        "numbers one by one": [
            """
found = FloatingPointError(f"the {what} is {value}")
best = -1
for name in arrays:
    flat = [float(number) for number in arrays[name].ravel()]
    bad = sum(not math.isfinite(number) for number in flat)
    if bad:
        return FloatingPointError(f"the {what} is {value}; {name} ({bad} of {len(flat)} numbers)")
    if flat and max(map(abs, flat)) > best:
        best = max(map(abs, flat))
        found = FloatingPointError(f"the {what} is {value}; the largest is in {name}")
return found
"""
        ],
    },
    "07-step": {
        "clears between loss and backward": [
            """
result = loss(model(Tensor(x)), Tensor(y))
value = result.item()
named = dict(model.named_parameters())
if math.isnan(value) or math.isinf(value):
    raise not_finite("loss", value, {"input x": x, "target y": y} | {name: p.data for name, p in named.items()})
optimizer.zero_grad()
result.backward()
if clip_norm is None:
    optimizer.step()
    return value, None
norm = clip_grad_norm(model.parameters(), clip_norm)
if not np.isfinite(norm):
    raise not_finite("gradient norm", norm, {name: p.grad for name, p in named.items() if p.grad is not None})
optimizer.step()
return value, norm
"""
        ],
        "clears by hand": [
            """
for parameter in model.parameters():
    parameter.grad = None
outputs = model(Tensor(x))
result = loss(outputs, Tensor(y))
arrays = {"input x": x, "target y": y}
for name, parameter in model.named_parameters():
    arrays[name] = parameter.data
if not np.isfinite(result.data):
    raise not_finite("loss", result.item(), arrays)
result.backward()
norm = clip_grad_norm(model.parameters(), clip_norm) if clip_norm is not None else None
if norm is not None and not math.isfinite(norm):
    gradients = {}
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            gradients[name] = parameter.grad
    raise not_finite("gradient norm", norm, gradients)
optimizer.step()
return result.item(), norm
"""
        ],
        "the model clears": [
            """
model.zero_grad()
result = loss(model(Tensor(x)), Tensor(y))
value = float(result.data)
if not math.isfinite(value):
    raise not_finite("loss", value, {"input x": x, "target y": y, **{n: p.data for n, p in model.named_parameters()}})
result.backward()
norm = None
if clip_norm is not None:
    norm = clip_grad_norm(iter(model.parameters()), clip_norm)
    if not norm < math.inf:
        raise not_finite("gradient norm", norm, {n: p.grad for n, p in model.named_parameters() if p.grad is not None})
optimizer.step()
return (value, norm)
"""
        ],
    },
    "07-epoch": {
        "shuffles": [
            """
order = np.arange(n)
rng.shuffle(order)
losses = [step(order[i : i + batch_size]) * len(order[i : i + batch_size]) for i in range(0, n, batch_size)]
return sum(losses) / n
"""
        ],
        "np.split": [
            """
batches = np.split(rng.permutation(n), range(batch_size, n, batch_size))
return float(np.average([step(batch) for batch in batches], weights=[len(batch) for batch in batches]))
"""
        ],
        "while": [
            """
left, total = rng.permutation(n), 0
while len(left):
    batch, left = left[:batch_size], left[batch_size:]
    total = total + len(batch) / n * step(batch)
return total
"""
        ],
        "choice": [
            """
order = rng.choice(n, size=n, replace=False)
total, done = 0.0, 0
for start in range(0, n, batch_size):
    stop = min(start + batch_size, n)
    total += (stop - start) * step(order[start:stop])
    done = stop
return total / done
"""
        ],
    },
    "07-mode": {
        "a dict": [
            """
before = {module: module.training for module in model.modules()}
for module in model.modules():
    module.training = training
try:
    yield model
finally:
    for module in before:
        module.training = before[module]
"""
        ],
        "two lists": [
            """
parts = model.modules()
modes = [part.training for part in parts]
model.train() if training else model.eval()
try:
    yield
finally:
    for part, kept in zip(parts, modes):
        part.training = kept
"""
        ],
        "except and raise": [
            """
kept = [m.training for m in model.modules()]

def back():
    for m, was in zip(model.modules(), kept):
        m.training = was

model.train(training)
try:
    yield
except BaseException:
    back()
    raise
back()
"""
        ],
    },
    "07-evaluate": {
        "lists of losses": [
            """
x, y = to_array(x), to_array(y)
if 0 in (x.ndim, y.ndim) or x.shape[0] != y.shape[0] or x.shape[0] < 1:
    raise ValueError(f"{x.shape} and {y.shape}")
return x, y
""",
            """
kind = y.dtype.kind in "iub"
wanted = y.ndim == 1 and kind
if isinstance(loss, BCEWithLogitsLoss):
    wanted = y.size == len(y) and y.ndim <= 2 and bool(((y == 0) | (y == 1)).all())
if isinstance(loss, MSELoss):
    wanted = False
losses, shares, sizes = [], [], []
with no_grad(), mode(model, False):
    for start in range(0, len(x), batch_size):
        part = slice(start, start + batch_size)
        outputs = model(Tensor(x[part]))
        losses.append(loss(outputs, Tensor(y[part])).item())
        shares.append(accuracy(outputs, y[part]) if wanted else 0)
        sizes.append(len(x[part]))
result = {"loss": float(np.average(losses, weights=sizes))}
if wanted:
    result["accuracy"] = float(np.average(shares, weights=sizes))
return result
""",
        ],
        "counts right answers": [
            """
x = to_array(x)
y = to_array(y)
if not (x.ndim and y.ndim and len(x) == len(y) > 0):
    raise ValueError(f"x {x.shape}, y {y.shape}")
return (x, y)
""",
            """
def means_something():
    if isinstance(loss, MSELoss):
        return False
    if isinstance(loss, BCEWithLogitsLoss):
        return y.shape in ((len(y),), (len(y), 1)) and set(np.unique(y).tolist()) <= {0, 1}
    return y.shape == (len(y),) and (y.dtype == bool or np.issubdtype(y.dtype, np.integer))

total, right, n = 0.0, 0, len(x)
with mode(model, False):
    with no_grad():
        for indices in np.array_split(np.arange(n), range(batch_size, n, batch_size)):
            outputs = model(Tensor(x[indices]))
            total += float(loss(outputs, Tensor(y[indices])).data) * len(indices)
            if means_something():
                right += round(accuracy(outputs, y[indices]) * len(indices))
return {"loss": total / n, "accuracy": right / n} if means_something() else {"loss": total / n}
""",
        ],
        "one accuracy at the end": [
            """
x, y = map(to_array, (x, y))
for array in (x, y):
    if array.ndim == 0 or array.size == 0 and len(array) == 0:
        raise ValueError(f"{x.shape}, {y.shape}")
if len(x) != len(y):
    raise ValueError(f"{x.shape}, {y.shape}")
return x, y
""",
            """
outputs, loss_sum, start = [], 0.0, 0
with mode(model, False), no_grad():
    while start < len(x):
        out = model(Tensor(x[start : start + batch_size]))
        outputs.append(out.data)
        loss_sum += loss(out, Tensor(y[start : start + batch_size])).item() * len(out.data)
        start += batch_size
result = {"loss": loss_sum / len(x)}
if isinstance(loss, BCEWithLogitsLoss):
    fits = (y.ndim == 1 or y.shape[1:] == (1,)) and np.all((y == 0) + (y == 1))
else:
    fits = not isinstance(loss, MSELoss) and y.ndim == 1 and y.dtype.kind in "biu"
if fits:
    result["accuracy"] = accuracy(np.concatenate(outputs), y)
return result
""",
        ],
    },
    "07-patience": {
        "copies by hand": [
            """
better = value < self.best
if better:
    self.best = value
    self.best_epoch = self.epoch
    self.best_state = {name: array.copy() for name, array in model.state_dict().items()}
return not better and self.epoch - self.best_epoch >= self.patience
""",
            "if self.best_state:\n    model.load_state_dict(self.best_state)",
        ],
        "by the limit": [
            """
if math.isnan(value) or value >= self.best:
    return self.epoch >= self.best_epoch + self.patience
self.best, self.best_epoch = value, self.epoch
self.best_state = model.state_dict()
return False
""",
            "if self.best_epoch > 0:\n    model.load_state_dict(self.best_state)",
        ],
        "if and else": [
            """
if value < self.best:
    self.best, self.best_epoch, self.best_state = value, self.epoch, model.state_dict()
if self.epoch - self.best_epoch < self.patience:
    return False
else:
    return True
""",
            "if self.best_state is None:\n    return\nmodel.load_state_dict(self.best_state)",
        ],
    },
    "07-record": {
        "type of the error": [
            """
try:
    yield
except (FloatingPointError, ValueError) as error:
    kind = FloatingPointError if isinstance(error, FloatingPointError) else ValueError
    raise kind(place + ": " + str(error))
""",
            """
rate, norms, count = self.optimizer.lr, [], [0]

def one_batch(i):
    count[0] += 1
    with located(epoch, count[0], i):
        loss, norm = train_step(self.model, self.loss, self.optimizer, x[i], y[i], clip_norm=self.clip_norm)
    if self.scheduler:
        self.scheduler.step()
    norms.append(norm)
    return loss

mean = train_epoch(one_batch, len(x), batch_size, self.rng)
record = {"loss": mean, "lr": rate}
if self.clip_norm is not None:
    record["grad_norm"] = sum(norms) / len(norms)
return record
""",
        ],
        "nonlocal": [
            """
try:
    yield
except FloatingPointError as error:
    raise FloatingPointError(f"{place}, {error}")
except ValueError as error:
    raise ValueError(f"{place}, {error}")
""",
            """
batch, total = 0, 0.0
result = dict(lr=float(self.optimizer.lr))

def step(indices):
    nonlocal batch, total
    batch += 1
    with located(epoch, batch, indices):
        value, norm = train_step(self.model, self.loss, self.optimizer, x[indices], y[indices], self.clip_norm)
        total += norm or 0.0
    if self.scheduler is not None:
        self.scheduler.step()
    return value

result["loss"] = train_epoch(step, len(y), batch_size, self.rng)
return result if self.clip_norm is None else {**result, "grad_norm": total / batch}
""",
        ],
        "an iterator of numbers": [
            """
try:
    yield
except ValueError as error:
    raise ValueError(f"{place} {error}") from error
except FloatingPointError as error:
    raise FloatingPointError(f"{place} {error}") from None
""",
            """
import itertools

numbers, norms, lr = itertools.count(1), [], float(self.optimizer.lr)

def step(indices):
    with located(epoch, next(numbers), indices):
        value, norm = train_step(self.model, self.loss, self.optimizer, x[indices], y[indices], self.clip_norm)
        norms.append(norm)
        if self.scheduler is not None:
            self.scheduler.step()
        return value

loss = train_epoch(step, len(x), batch_size, self.rng)
norm = {} if self.clip_norm is None else {"grad_norm": float(np.mean(norms))}
return {"loss": loss, "lr": lr} | norm
""",
        ],
    },
    "07-train": {
        "while, and mode inside": [
            EPISODE
            + """
try:
    epoch, stop = 0, False
    while epoch < epochs and not stop:
        epoch += 1
        with mode(self.model, True):
            record = dict(self.one_epoch(epoch, x, y, batch_size))
            if validation:
                for name, value in self.evaluate(validation[0], validation[1]).items():
                    record["validation_" + name] = value
        for name in record:
            if name not in self.history:
                self.history[name] = []
            self.history[name].append(record[name])
        self.show(epoch, epochs, record)
        if stopping:
            stop = stopping.update(record["validation_loss"], self.model)
    return self.history
finally:
    if stopping:
        stopping.restore(self.model)
        self.best_epoch = stopping.best_epoch
"""
        ],
        "lists made new": [
            EPISODE
            + """
with mode(self.model, True):
    try:
        for number in range(epochs):
            record = self.one_epoch(number + 1, x, y, batch_size)
            measured = {} if validation is None else self.evaluate(*validation)
            record = {**record, **{f"validation_{key}": measured[key] for key in measured}}
            self.history = {key: self.history.get(key, []) + [record[key]] for key in record}
            self.show(number + 1, epochs, record)
            if stopping is not None and stopping.update(measured["loss"], self.model):
                return self.history
    finally:
        if stopping is not None:
            self.best_epoch = stopping.best_epoch
            stopping.restore(self.model)
return self.history
"""
        ],
        "except and again": [
            EPISODE
            + """
def finish():
    if stopping is not None:
        stopping.restore(self.model)
        self.best_epoch = stopping.best_epoch

try:
    with mode(self.model, True):
        for epoch in range(1, 1 + epochs):
            record = self.one_epoch(epoch, x, y, batch_size)
            if validation is not None:
                measured = self.evaluate(*validation)
                record["validation_loss"] = measured["loss"]
                if "accuracy" in measured:
                    record["validation_accuracy"] = measured["accuracy"]
            [self.history.setdefault(name, []).append(value) for name, value in record.items()]
            self.show(epoch, epochs, record)
            if patience is not None:
                if stopping.update(record["validation_loss"], self.model):
                    break
except BaseException:
    finish()
    raise
finish()
return self.history
"""
        ],
    },
    "07-place": {
        "one after the other": [
            """
if not path.parent.exists():
    raise ValueError(f"no folder around {path}")
previous = previous_of(path)
if path.is_dir():
    raise ValueError(f"{path} names a folder")
if previous.is_dir():
    raise ValueError(f"{previous} names a folder")
if path.exists() and not is_checkpoint(path):
    raise ValueError(f"{path}: no checkpoint")
if previous.exists() and not is_checkpoint(previous):
    raise ValueError(f"{previous}: no checkpoint")
"""
        ],
        "by os.path": [
            """
if not os.path.isdir(os.path.dirname(path)):
    raise ValueError(f"there is no folder: {path}")
for place in [path, previous_of(path)]:
    if os.path.lexists(place):
        if os.path.isdir(place):
            raise ValueError(f"a folder lies at {place}")
        elif not is_checkpoint(place):
            raise ValueError(f"no checkpoint lies at {place}")
"""
        ],
        "names in the folder": [
            """
folder = path.parent
if not folder.is_dir():
    raise ValueError(f"no folder for {path}")
for other in folder.iterdir():
    if other.name in (path.name, previous_of(path).name):
        if other.is_dir():
            raise ValueError(f"{other} is a folder")
        if not is_checkpoint(other):
            raise ValueError(f"{other} is no checkpoint")
"""
        ],
    },
    "07-atomic": {
        "except and raise": [
            """
try:
    with new.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        shutil.copy2(path, spare)
        os.replace(spare, previous)
    os.replace(new, path)
except BaseException:
    for left in (new, spare):
        if left.exists():
            os.remove(left)
    raise
"""
        ],
        "a link for a copy": [
            """
try:
    with open(new, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    if path.exists():
        os.link(path, spare)
        spare.replace(previous)
    new.replace(path)
finally:
    for left in (new, spare):
        left.unlink(missing_ok=True)
"""
        ],
        "reads the old one first": [
            """
old = path.read_bytes() if path.is_file() else None
try:
    file = open(new, "wb")
    try:
        write(file)
        file.flush()
        os.fsync(file)
    finally:
        file.close()
    if old is not None:
        spare.write_bytes(old)
        os.rename(spare, previous)
    os.rename(new, path)
finally:
    new.unlink(missing_ok=True)
    spare.unlink(missing_ok=True)
"""
        ],
    },
    "07-save": {
        "one part after the other": [
            """
if not isinstance(path, (str, Path)):
    raise TypeError("write save_checkpoint(path, model)")
if not (rng is None or isinstance(rng, np.random.Generator)):
    raise TypeError(f"{rng} is no generator: trainer.rng is one")
arrays = {"model/" + name: array for name, array in model.state_dict().items()}
if optimizer is not None:
    for name, value in optimizer.state_dict().items():
        arrays["optimizer/" + name] = value
if scheduler is not None:
    for name, value in scheduler.state_dict().items():
        arrays["scheduler/" + name] = value
header = dict(epoch=epoch, history=history, rng=None, generators=_Generators(model).state_dict())
if rng is not None:
    header["rng"] = rng.bit_generator.state
"""
        ],
        "comprehensions": [
            """
if not isinstance(path, str | os.PathLike):
    raise TypeError("the path comes first: save_checkpoint(path, model)")
if rng is not None and not hasattr(rng, "bit_generator"):
    raise TypeError(f"not {rng!r}: trainer.rng")
parts = {"model": model, "optimizer": optimizer, "scheduler": scheduler}
states = {kind: part.state_dict() for kind, part in parts.items() if part is not None}
arrays = {f"{kind}/{name}": states[kind][name] for kind in states for name in states[kind]}
state = getattr(rng, "bit_generator", None)
header = {
    "epoch": epoch,
    "history": history,
    "rng": state and state.state,
    "generators": _Generators(model).state_dict(),
}
"""
        ],
        "its own helper": [
            """
if not isinstance(path, (str, os.PathLike)):
    raise TypeError("save_checkpoint(path, model)")
if isinstance(rng, (int, np.integer)):
    raise TypeError(f"{rng} is a seed: trainer.rng")

def named(kind, part):
    return {} if part is None else {f"{kind}/{k}": v for k, v in part.state_dict().items()}

arrays = {**named("model", model), **named("optimizer", optimizer), **named("scheduler", scheduler)}
header = {"epoch": epoch, "history": history, "generators": _Generators(model).state_dict()}
header.update(rng=rng.bit_generator.state if rng is not None else None)
"""
        ],
    },
    "07-read": {
        "asks first": [
            """
path = Path(path)
also = ""
if previous_of(path).exists():
    also = f" There is {previous_of(path)}."
if not path.exists():
    raise FileNotFoundError(f"no checkpoint at {path}.{also}")
try:
    with np.load(path) as archive:
        arrays = dict(archive)
    header = json.loads(arrays["header"].tobytes())
    del arrays["header"]
    number = header["format"]
except Exception as error:
    raise ValueError(f"{path} is not a complete checkpoint: {error}.{also}")
if number != FORMAT:
    raise ValueError(f"{path}: format {number}, not {FORMAT}.{also}")
return header, arrays
"""
        ],
        "one try for all": [
            """
path = Path(path)
beside = f" ({previous_of(path)} is there)" if previous_of(path).is_file() else ""
try:
    with np.load(str(path), allow_pickle=False) as archive:
        header = json.loads(bytes(archive["header"]))
        arrays = {name: archive[name] for name in archive.files if name != "header"}
    if "format" not in header:
        raise KeyError("format")
except FileNotFoundError as error:
    raise FileNotFoundError(f"there is no checkpoint {path}{beside}") from error
except Exception as error:
    raise ValueError(f"not a complete checkpoint: {path}{beside}") from error
if header["format"] != FORMAT:
    raise ValueError(f"the format is {header['format']} and should be {FORMAT}{beside}")
return header, arrays
"""
        ],
        "a function inside": [
            """
path = Path(path)

def sentence(text):
    return f"{path} {text}" + (f"; see {previous_of(path)}" if previous_of(path).exists() else "")

def everything():
    with open(path, "rb") as file:
        archive = np.load(file)
        arrays = {}
        for name in archive.files:
            arrays[name] = archive[name]
    header = json.loads(arrays.pop("header").tobytes().decode())
    return header, arrays, header["format"]

try:
    header, arrays, version = everything()
except OSError as error:
    if isinstance(error, FileNotFoundError):
        raise FileNotFoundError(sentence("is no checkpoint")) from error
    raise ValueError(sentence("is not a complete checkpoint")) from error
except Exception as error:
    raise ValueError(sentence("is not a complete checkpoint")) from error
if version == FORMAT:
    return header, arrays
raise ValueError(sentence(f"has format {version}, not {FORMAT}"))
"""
        ],
    },
    "07-load": {
        "lists": [
            """
parts = [part for part, _ in pairs]
kept = [part.state_dict() for part in parts]
loaded = False
try:
    for part, state in pairs:
        part.load_state_dict(state)
    loaded = True
finally:
    if not loaded:
        for part, state in zip(parts, kept):
            part.load_state_dict(state)
""",
            """
header, arrays = read_checkpoint(path)
pairs = []
for kind, part in {"model": model, "optimizer": optimizer, "scheduler": scheduler}.items():
    if part is None:
        continue
    state = {}
    for name in arrays:
        if name.startswith(f"{kind}/"):
            state[name[len(kind) + 1 :]] = arrays[name]
    if not state:
        raise ValueError(f"there is no {kind} in {path}")
    pairs.append((part, state))
pairs.append((_Generators(model), header["generators"]))
load_all(pairs)
rng = header["rng"]
return {"epoch": header["epoch"], "history": header["history"], "rng": generator_from(rng) if rng else None}
""",
        ],
        "backwards": [
            """
before = []
for part, state in pairs:
    before.append((part, part.state_dict()))
try:
    for part, state in pairs:
        part.load_state_dict(state)
except BaseException as error:
    for part, state in reversed(before):
        part.load_state_dict(state)
    raise error
""",
            """
header, arrays = read_checkpoint(path)
states = {"model": {}, "optimizer": {}, "scheduler": {}}
for name, value in arrays.items():
    kind, _, rest = name.partition("/")
    states[kind][rest] = value
if optimizer is not None and not states["optimizer"]:
    raise ValueError("no optimizer in the file")
if scheduler is not None and not states["scheduler"]:
    raise ValueError("no scheduler in the file")
parts = [(model, "model"), (optimizer, "optimizer"), (scheduler, "scheduler")]
load_all([(_Generators(model), header["generators"])] + [(p, states[k]) for p, k in parts if p is not None])
result = {name: header[name] for name in ("epoch", "history")}
result["rng"] = None if header["rng"] is None else generator_from(header["rng"])
return result
""",
        ],
        "removeprefix": [
            """
old = {id(part): part.state_dict() for part, _ in pairs}
try:
    for part, state in pairs:
        part.load_state_dict(state)
except:
    for part, _ in pairs:
        part.load_state_dict(old[id(part)])
    raise
""",
            """
header, arrays = read_checkpoint(path)

def state_of(kind):
    found = {name.removeprefix(kind + "/"): arrays[name] for name in arrays if name.split("/")[0] == kind}
    if not found:
        raise ValueError(f"no {kind} state in {path}")
    return found

pairs = [(model, state_of("model")), (_Generators(model), header["generators"])]
if optimizer is not None:
    pairs.append((optimizer, state_of("optimizer")))
if scheduler is not None:
    pairs.append((scheduler, state_of("scheduler")))
load_all(pairs)
back = dict(epoch=header["epoch"], history=header["history"], rng=None)
if header["rng"] is not None:
    back["rng"] = generator_from(header["rng"])
return back
""",
        ],
    },
    "07-resume": {
        "for": [
            """
path, history, first = Path(path), {}, 0
if path.is_file():
    saved = load_checkpoint(path, trainer.model, trainer.optimizer, trainer.scheduler)
    history, first = saved["history"], saved["epoch"]
    trainer.rng = saved["rng"]
for epoch in range(first + 1, epochs + 1):
    part = trainer.train(x, y, epochs=1, batch_size=batch_size, validation=validation)
    history = {name: history.get(name, []) + part[name] for name in part}
    save_checkpoint(path, trainer.model, trainer.optimizer, trainer.scheduler, epoch, history, trainer.rng)
return history
"""
        ],
        "tries to load": [
            """
model, optimizer, scheduler = trainer.model, trainer.optimizer, trainer.scheduler
try:
    saved = load_checkpoint(path, model, optimizer, scheduler)
except FileNotFoundError:
    saved = {"epoch": 0, "history": {}, "rng": trainer.rng}
trainer.rng = saved["rng"]
while saved["epoch"] < epochs:
    once = trainer.train(x, y, 1, batch_size, validation)
    for name in once:
        saved["history"][name] = [*saved["history"].get(name, []), *once[name]]
    saved["epoch"] += 1
    save_checkpoint(path, model, optimizer, scheduler, **{**saved, "rng": trainer.rng})
return saved["history"]
"""
        ],
        "the generator set to the state": [
            """
done, history = 0, {}
if os.path.exists(path):
    saved = load_checkpoint(path, trainer.model, trainer.optimizer, trainer.scheduler)
    trainer.rng.bit_generator.state = saved["rng"].bit_generator.state
    done, history = saved["epoch"], dict(saved["history"])
for done in range(done, epochs):
    for name, (value,) in trainer.train(x, y, 1, batch_size, validation=validation).items():
        history.setdefault(name, []).append(value)
    save_checkpoint(
        path, trainer.model, trainer.optimizer, trainer.scheduler, epoch=done + 1, history=history, rng=trainer.rng
    )
return history
"""
        ],
    },
}
