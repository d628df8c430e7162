"""Why one recipient's message could not be made."""


class RenderError(Exception):
    """This recipient's message cannot be made; others may well. The value itself is never in the text.

    `reason` is stable: missing_variable, not_a_date, not_a_number, bad_link, not_a_list, list_too_long, not_text, bad_text,
    bad_value, bad_comparison, too_long, unsafe_header, bad_address. `variable`: the one at fault, or "".
    """

    def __init__(self, reason: str, variable: str = "") -> None:
        super().__init__(f"{reason}: {variable}" if variable else reason)
        self.reason = reason
        self.variable = variable

    def __reduce__(self) -> tuple[type["RenderError"], tuple[str, str]]:
        return RenderError, (self.reason, self.variable)
