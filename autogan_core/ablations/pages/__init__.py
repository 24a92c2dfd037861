"""An ablation's page: its findings, tables and statistics as Markdown."""
