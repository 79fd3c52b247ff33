"""Microsoft.ContainerService: the clusters of the estate, and their Azure Policy add-on."""
