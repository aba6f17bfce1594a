from tito.build.answers import WrongAnswers

answers = WrongAnswers()
