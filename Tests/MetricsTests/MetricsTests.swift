import Testing

@Suite struct MetricsPlaceholder {}
