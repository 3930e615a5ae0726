/** How the Iterable project is set up. These are facts about the project, not settings of a deployment. */
export interface ProjectSettings {
  /**
   * - `email`: users are found by address alone; a `userId` would be refused or ignored
   * - `email-and-user-id`: a hybrid project, where the product's user id is sent beside the address
   */
  readonly identifiedBy: 'email' | 'email-and-user-id';
}

export const PROJECT: ProjectSettings = { identifiedBy: 'email' };
