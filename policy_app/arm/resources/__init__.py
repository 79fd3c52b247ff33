"""Microsoft.Resources: the subscriptions and the resource groups that policies are assigned to."""
