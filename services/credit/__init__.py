"""The credit lists: who is proposed and listed, until when, and what that means for an enterprise everywhere."""
