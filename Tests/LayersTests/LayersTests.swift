import Testing

@Suite struct LayersPlaceholder {}
