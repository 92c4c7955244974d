"""What /metrics says, read by the parser of the Prometheus client."""

from prometheus_client.parser import text_string_to_metric_families

from harness import Server


class Figures(dict[tuple[str, frozenset[tuple[str, str]]], float]):
    """Samples by name and labels."""

    def of(self, name: str, **labels: str) -> float:
        """The sum of the samples that have these labels; 0 without any."""
        return sum(value for (sample, found), value in self.items() if sample == name and set(labels.items()) <= found)


def read_figures(text: str) -> Figures:
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return Figures({(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples})


def figures_of(server: Server) -> Figures:
    answer = server.client.get("/metrics")
    assert answer.status_code == 200, answer.text
    return read_figures(answer.text)
