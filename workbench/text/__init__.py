"""Styled lines, figures, signs and short texts, before a theme gives them colours."""
