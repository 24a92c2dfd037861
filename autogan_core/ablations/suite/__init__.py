"""The trainings that ablations share: a budget, its searches and retrainings, each stored once and resumed."""
