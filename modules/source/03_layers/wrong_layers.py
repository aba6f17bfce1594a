"""Wrong answers to module 03 that real students write, each with the words that its message must hold."""

from tito.build.answers import WrongAnswers

answers = WrongAnswers()
