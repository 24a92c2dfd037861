"""How well a score on shared weights ranks architectures: what the ablation ``proxy`` measures."""
