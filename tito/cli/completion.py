"""tito completion."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

VARIABLE = "_TITO_COMPLETE"
INSTALL = {
    "bash": "tito completion bash >> ~/.bashrc",
    "zsh": "tito completion zsh >> ~/.zshrc",
    "fish": "tito completion fish > ~/.config/fish/completions/tito.fish",
}


@click.command(epilog=f"Example: {INSTALL['bash']}")
@click.argument("shell", type=click.Choice(list(INSTALL)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that lets your shell complete commands, options, modules and milestones.

    \b
    To install it, once:
      tito completion bash >> ~/.bashrc
      tito completion zsh >> ~/.zshrc
      tito completion fish > ~/.config/fish/completions/tito.fish
    Then open a new shell, type tito and press Tab.
    """
    script = get_completion_class(shell)
    assert script is not None  # Click knows all three
    click.echo(script(ctx.find_root().command, {}, "tito", VARIABLE).source())
