"""TinyTorch: your own deep-learning framework. Each other file here is exported from a module notebook.

from tinytorch import Tensor, Linear, Adam
"""

from importlib import import_module
from pathlib import Path

# Which module brings which names, written by tito from the course's table.
MODULES = {
    "tensor": ("01", "Tensor op apply no_grad"),
    "activations": ("02", "ReLU Sigmoid Tanh GELU Softmax LogSoftmax"),
    "layers": ("03", "Module Parameter Linear Dropout Flatten Sequential"),
    "losses": ("04", "MSELoss CrossEntropyLoss BCEWithLogitsLoss"),
    "autograd": ("05", "backward gradient_of check_gradients"),
    "optimizers": ("06", "Optimizer SGD Adam AdamW StepLR CosineAnnealingLR"),
    "training": ("07", "Trainer accuracy clip_grad_norm save_checkpoint load_checkpoint"),
    "dataloader": ("08", "Dataset TensorDataset DataLoader random_split RandomCrop RandomHorizontalFlip Normalize"),
    "spatial": ("09", "Conv2d MaxPool2d AvgPool2d BatchNorm2d"),
    "tokenization": ("10", "CharTokenizer BPETokenizer"),
    "embeddings": ("11", "Embedding SinusoidalPositionalEncoding LearnedPositionalEmbedding"),
    "attention": ("12", "scaled_dot_product_attention causal_mask MultiHeadAttention"),
    "transformer": ("13", "LayerNorm FeedForward TransformerBlock GPT"),
    "generation": ("14", "KVCache generate"),
    "profiling": ("15", "Profiler count_parameters count_flops measure_latency measure_peak_memory"),
    "acceleration": ("16", "fused_linear fused_cross_entropy fused_layer_norm"),
    "quantization": ("17", "quantize_int8 dequantize QuantizedLinear quantize_model"),
    "compression": ("18", "magnitude_prune structured_prune low_rank_factorize distillation_loss"),
    "benchmarking": ("19", "Benchmark compare BenchmarkReport"),
}


def _is_here(module):
    return (Path(__file__).parent / f"{module}.py").is_file()


__all__ = [name for module, (_, names) in MODULES.items() if _is_here(module) for name in names.split()]


def __dir__():
    return sorted([*globals(), *__all__])


def __getattr__(name):
    """Import a public name from the module that exports it; say of one that is not there yet when it comes."""
    for module, (number, names) in MODULES.items():
        if name in names.split():
            if not _is_here(module):
                raise ImportError(
                    f"{name} arrives in module {number} ({module}): tito module start {number}, then complete it",
                    name=name,
                )
            value = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"tinytorch exports no {name!r}; what it exports so far: {', '.join(__all__) or 'nothing'}")
