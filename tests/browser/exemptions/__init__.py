"""The pages of exemptions: list, form, review, one exemption, deletion."""
