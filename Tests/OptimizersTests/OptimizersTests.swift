import Testing

@Suite struct OptimizersPlaceholder {}
